-- name: enqueue
-- Puts a call into a queue, creating the queue if its name is new, and gives the call to an agent who waits.
-- Repeated with the same entryId it changes nothing and replies the same. Whoever is refused leaves no queue behind.
-- keys: names queues entries calls tickets leases retained claims ages sequence members waiting agents operation
-- args: account channels nonce queueSid candidate name maxSize entryId callSid leg gatewayId epoch priority leaseMs maxQueues maxQueueMembers maxMembers rememberMs
-- replies: joined | full | too-many-queues | already-waiting | moved
-- include: shared/once shared/records shared/facts shared/membership shared/match
local active = redis.call('HGET', K.calls, A.callSid)
local entry = read_entry(active or A.entryId)
if entry and entry.id ~= A.entryId then
  return reply({ outcome = 'already-waiting', entryId = entry.id, queueSid = entry.queueSid })
end

local sid = redis.call('HGET', K.names, A.name)
if sid and sid ~= A.queueSid then return reply({ outcome = 'moved', queueSid = sid }) end

local queue = sid and read_queue(sid)
local members = account_members()
if not entry and members >= tonumber(A.maxMembers) then
  return reply({ outcome = 'full', of = 'account', queueSid = A.queueSid, size = members, maxSize = tonumber(A.maxMembers) })
end
if not queue then
  -- A sid remembered from a queue that was deleted since must not come to life again.
  if A.queueSid ~= A.candidate then return reply({ outcome = 'moved', queueSid = A.candidate }) end
  local queues = redis.call('HLEN', K.queues)
  if queues >= tonumber(A.maxQueues) then
    return reply({ outcome = 'too-many-queues', queues = queues, maxQueues = tonumber(A.maxQueues) })
  end
  sid = A.queueSid
  queue = { sid = sid, name = A.name, maxSize = tonumber(A.maxSize), createdAt = now }
  redis.call('HSET', K.names, A.name, sid)
  redis.call('HSET', K.queues, sid, cjson.encode(queue))
  facts[1] = { fact = 'queue.created', queueSid = sid }
end

if not entry then
  local size = redis.call('ZCARD', K.members)
  local max_size = math.min(queue.maxSize, tonumber(A.maxQueueMembers))
  if size >= max_size then
    return reply({ outcome = 'full', of = 'queue', queueSid = sid, size = size, maxSize = max_size })
  end

  redis.call('HSET', K.leases, A.gatewayId, string.format('%.0f', now + A.leaseMs))
  local sequence = redis.call('INCR', K.sequence)
  entry = {
    id = A.entryId, callSid = A.callSid, queueSid = sid, queueName = queue.name, leg = A.leg, gatewayId = A.gatewayId,
    epoch = tonumber(A.epoch), priority = tonumber(A.priority), state = 'waiting', enqueuedAt = now,
    -- queue-order-rules.ts: exact in a double; %.0f because Lua's own conversion keeps 14 digits only.
    score = string.format('%.0f', (999 - A.priority) * 4398046511104 + sequence),
  }
  redis.call('HSET', K.calls, entry.callSid, entry.id)
  redis.call('ZADD', K.waiting, entry.score, entry.id)
  join_members(entry, queue)
  save_entry(entry)
  fact('queue-entry.joined', entry)
  if match() then entry = read_entry(entry.id) end
end

local rank = redis.call('ZRANK', K.members, entry.id)
return reply({
  outcome = 'joined', entryId = entry.id, queueSid = sid, position = rank and rank + 1 or 0,
  size = redis.call('ZCARD', K.members), maxSize = queue.maxSize, claim = entry.claim,
})

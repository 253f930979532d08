-- name: enqueue
-- Puts a call into a queue, creating the queue if its name is new, and gives the call to an agent who waits.
-- Repeated with the same entryId it changes nothing and replies the same. Whoever is refused leaves no queue behind.
-- keys: names queues entries calls tickets leases retained claims ages sequence members waiting agents operation settling
-- args: channels nonce queueSid candidate name maxSize entryId callSid leg gatewayId epoch priority leaseMs known maxQueues maxQueueMembers maxMembers rememberMs
-- replies: joined | full | too-many-queues | already-waiting | moved | lost
-- include: shared/json shared/once shared/time shared/records shared/changes shared/facts shared/queues shared/ages shared/membership shared/settling shared/match shared/sequence shared/leases shared/own-lease
if renewed_anew() then return reply({ outcome = 'lost' }) end

local active = redis.call('HGET', K.calls, A.callSid)
local entry = read_entry(active or A.entryId)
if entry and entry.id ~= A.entryId then
  return reply({ outcome = 'already-waiting', entryId = entry.id, queueSid = entry.queueSid })
end

local queue = read_queue(A.queueSid)
-- The name of a queue is its own until it is deleted, so a record with this name is the queue of this name.
if not queue or queue.name ~= A.name then
  local sid = redis.call('HGET', K.names, A.name)
  if sid then return reply({ outcome = 'moved', queueSid = sid }) end
  queue = nil
end

local members = account_members()
if not entry and members >= tonumber(A.maxMembers) then
  return reply({ outcome = 'full', of = 'account', queueSid = A.queueSid, size = members, maxSize = tonumber(A.maxMembers) })
end
if not queue then
  -- A sid remembered from a queue that was deleted since must not come to life again; one that Redis has lost has to.
  if A.queueSid ~= A.candidate and not settling() then return reply({ outcome = 'moved', queueSid = A.candidate }) end
  local queues = redis.call('HLEN', K.queues)
  if queues >= tonumber(A.maxQueues) then
    return reply({ outcome = 'too-many-queues', queues = queues, maxQueues = tonumber(A.maxQueues) })
  end
  queue = { sid = A.queueSid, name = A.name, maxSize = tonumber(A.maxSize), createdAt = now }
  redis.call('HSET', K.names, A.name, queue.sid)
  redis.call('HSET', K.queues, queue.sid, cjson.encode(queue))
  facts[1] = { fact = 'queue.created', queueSid = queue.sid }
end

local size = redis.call('ZCARD', K.members)
if not entry then
  local max_size = math.min(queue.maxSize, tonumber(A.maxQueueMembers))
  if size >= max_size then
    return reply({ outcome = 'full', of = 'queue', queueSid = queue.sid, size = size, maxSize = max_size })
  end

  local sequence = next_sequence()
  entry = {
    id = A.entryId, callSid = A.callSid, queueSid = queue.sid, gatewayId = A.gatewayId, epoch = tonumber(A.epoch),
    state = 'waiting', enqueuedAt = now, leg = A.leg, peer = '', whisper = '',
    -- queue-order-rules.ts: exact in a double; %d because Lua's own conversion keeps 14 digits only.
    score = string.format('%d', (999 - A.priority) * 4398046511104 + sequence),
  }
  redis.call('HSET', K.calls, entry.callSid, entry.id)
  redis.call('ZADD', K.waiting, entry.score, entry.id)
  join_members(entry)
  size = size + 1
  save_entry(entry)
  replied = entry
  fact('queue-entry.joined', entry)
  match()
end

local rank = redis.call('ZRANK', K.members, entry.id)
return reply({
  outcome = 'joined', entryId = entry.id, queueSid = queue.sid, position = rank and rank + 1 or 0, size = size,
  maxSize = queue.maxSize, claim = entry.claim, score = entry.score, enqueuedAt = entry.enqueuedAt,
}, peer_of(entry))

-- Being a member: from enqueue to bridge. Needs shared/records, K.members, K.waiting, K.claims, K.ages, K.queues, K.calls.

local function read_queue(sid)
  local raw = redis.call('HGET', K.queues, sid)
  return raw and cjson.decode(raw) or nil
end

-- The field of K.ages that is no queue's: how many members all queues of the account have.
local ALL = 'members'

local function join_members(entry, queue)
  redis.call('ZADD', K.members, entry.score, entry.id)
  redis.call('HINCRBY', K.ages, ALL, 1)
  redis.call('HINCRBY', K.ages, entry.queueSid, string.format('%.0f', entry.enqueuedAt - queue.createdAt))
end

-- Idempotent: the age is taken off only by whoever removed the member.
local function leave_members(entry)
  redis.call('ZREM', K.waiting, entry.id)
  redis.call('ZREM', K.claims, entry.id)
  if redis.call('ZREM', K.members, entry.id) == 0 then return end
  redis.call('HINCRBY', K.ages, ALL, -1)
  local queue = read_queue(entry.queueSid)
  if not queue then return end
  redis.call('HINCRBY', K.ages, entry.queueSid, string.format('%.0f', queue.createdAt - entry.enqueuedAt))
end

local function account_members()
  return tonumber(redis.call('HGET', K.ages, ALL) or '0')
end

local function average_age(queue, size)
  if size == 0 then return 0 end
  local sum = tonumber(redis.call('HGET', K.ages, queue.sid) or '0')
  return math.max(0, now - queue.createdAt - sum / size)
end

-- Being a member: from enqueue to bridge. Needs shared/ages, K.members, K.waiting, K.claims.

local function join_members(entry)
  if redis.call('ZADD', K.members, entry.score, entry.id) == 0 then return end
  redis.call('HINCRBY', K.ages, ALL, 1)
  redis.call('HINCRBY', K.ages, entry.queueSid, string.format('%d', entry.enqueuedAt - SINCE))
end

-- Idempotent: the age is taken off only by whoever removed the member.
local function leave_members(entry)
  if entry.claim then redis.call('ZREM', K.claims, entry.id) else redis.call('ZREM', K.waiting, entry.id) end
  if redis.call('ZREM', K.members, entry.id) == 0 then return end
  redis.call('HINCRBY', K.ages, ALL, -1)
  redis.call('HINCRBY', K.ages, entry.queueSid, string.format('%d', SINCE - entry.enqueuedAt))
end

-- How many members an account has, and how old those of a queue are in the mean. Needs shared/time, K.ages.

-- The field of K.ages that is no queue's: how many members all queues of the account have.
local ALL = 'members'
-- Ages are counted from SINCE: the sum over a full queue stays exact in a double (2^53 ms / 5,000 = 57 years).

local function account_members()
  return tonumber(redis.call('HGET', K.ages, ALL) or '0')
end

local function average_age(queueSid, size)
  if size == 0 then return 0 end
  return math.max(0, now - SINCE - tonumber(redis.call('HGET', K.ages, queueSid) or '0') / size)
end

-- name: admit-call
-- Counts a call of an account or a trunk, unless that is one too many at once (`too-many`) or within a second (`too-fast`). `waitMs` is the
-- time until its turn, maxWaitMs at most: turns are given in order, perSecond of them in any second that one looks at.
-- perSecond 0: any number. Sent again, or about a call that a dead gateway had, it replies `admitted` and counts nothing twice.
-- keys: live leases pace
-- args: callSid gatewayId leaseMs concurrent perSecond maxWaitMs
-- replies: admitted | too-many | too-fast
-- include: shared/live-calls
if redis.call('HEXISTS', K.live, A.callSid) == 1 then
  redis.call('HSET', K.live, A.callSid, A.gatewayId)
  renew_lease()
  return cjson.encode({ outcome = 'admitted', waitMs = 0 })
end
drop_dead()
local count = redis.call('HLEN', K.live)
if count >= tonumber(A.concurrent) then return cjson.encode({ outcome = 'too-many', count = count }) end

local per_second, max_wait = tonumber(A.perSecond), tonumber(A.maxWaitMs)
local wait = 0
if per_second > 0 then
  local newest = tonumber(redis.call('LINDEX', K.pace, 0) or '0')
  -- The clock of Redis was set back: what stands there means nothing any more.
  if newest > now + max_wait + 1000 then
    redis.call('DEL', K.pace)
    newest = 0
  end
  local earlier = tonumber(redis.call('LINDEX', K.pace, per_second - 1) or '0')
  local turn = math.max(now, newest, earlier + 1000)
  wait = turn - now
  if wait > max_wait then return cjson.encode({ outcome = 'too-fast', waitMs = wait }) end
  redis.call('LPUSH', K.pace, string.format('%.0f', turn))
  redis.call('LTRIM', K.pace, 0, per_second - 1)
  redis.call('PEXPIRE', K.pace, wait + 2000)
end
redis.call('HSET', K.live, A.callSid, A.gatewayId)
renew_lease()
return cjson.encode({ outcome = 'admitted', waitMs = wait })

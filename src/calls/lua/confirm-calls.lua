-- name: confirm-calls
-- A gateway's heartbeat for a holder (an account, a trunk): these are the calls it has (`held`), about these it does not know yet (`pending`); both
-- are separated by spaces. What else is counted for it counts no longer.
-- keys: live leases
-- args: gatewayId leaseMs held pending
-- replies: confirmed
-- include: shared/live-calls
renew_lease()
drop_dead()
local known = {}
for callSid in string.gmatch(A.pending, '%S+') do known[callSid] = true end
for callSid in string.gmatch(A.held, '%S+') do
  known[callSid] = true
  redis.call('HSET', K.live, callSid, A.gatewayId)
end
local live = redis.call('HGETALL', K.live)
for index = 1, #live, 2 do
  if live[index + 1] == A.gatewayId and not known[live[index]] then redis.call('HDEL', K.live, live[index]) end
end
redis.call('PEXPIRE', K.live, 2 * A.leaseMs)
return cjson.encode({ outcome = 'confirmed', count = redis.call('HLEN', K.live) })

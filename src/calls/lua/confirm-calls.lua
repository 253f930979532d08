-- name: confirm-calls
-- A gateway's heartbeat for a holder (an account, a trunk): these are the calls it has (`held`, separated by spaces). `others` are counted for it
-- as well: it decides whether it has them by then, for Redis may run this later than what the gateway asked after it (EVAL after NOSCRIPT).
-- keys: live leases
-- args: gatewayId leaseMs held
-- replies: confirmed
-- include: shared/live-calls
renew_lease()
drop_dead()
local held, others = {}, {}
for callSid in string.gmatch(A.held, '%S+') do
  held[callSid] = true
  redis.call('HSET', K.live, callSid, A.gatewayId)
end
local live = redis.call('HGETALL', K.live)
for index = 1, #live, 2 do
  if live[index + 1] == A.gatewayId and not held[live[index]] then others[#others + 1] = live[index] end
end
redis.call('PEXPIRE', K.live, 2 * A.leaseMs)
return cjson.encode({ outcome = 'confirmed', others = #others > 0 and others or nil })

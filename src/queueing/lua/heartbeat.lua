-- name: heartbeat
-- A gateway says that it lives, and learns who does not. `lapsed`: its own lease had run out (Redis or the gateway was away), so
-- the others may just be late as well. `unknown`: Redis had never heard of it, or has lost what it had.
-- keys: gateways operation
-- args: gatewayId leaseMs rememberMs
-- replies: alive | lapsed | unknown
-- include: shared/json shared/once shared/time
local before = redis.call('ZSCORE', K.gateways, A.gatewayId)
redis.call('ZADD', K.gateways, string.format('%d', now + A.leaseMs), A.gatewayId)
local dead = redis.call('ZRANGEBYSCORE', K.gateways, '-inf', now)
local outcome = not before and 'unknown' or tonumber(before) > now and 'alive' or 'lapsed'
return reply({ outcome = outcome, dead = #dead > 0 and dead or nil })

-- name: heartbeat
-- A gateway says that it lives, and learns who does not. `lapsed`: its own lease had run out (Redis or the gateway was away), so
-- the others may just be late as well.
-- keys: gateways operation
-- args: gatewayId leaseMs rememberMs
-- replies: alive | lapsed
-- include: shared/once
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local before = tonumber(redis.call('ZSCORE', K.gateways, A.gatewayId) or '0')
redis.call('ZADD', K.gateways, string.format('%.0f', now + A.leaseMs), A.gatewayId)
local dead = redis.call('ZRANGEBYSCORE', K.gateways, '-inf', now)
return reply({ outcome = before > now and 'alive' or 'lapsed', dead = #dead > 0 and dead or nil })

-- name: hold-account
-- Redis has lost writes: nobody in this account is matched for settleMs, within which the gateways write back what they know.
-- keys: leases settling
-- args: gatewayId leaseMs settleMs
-- replies: held
-- include: shared/time
redis.call('HSET', K.leases, A.gatewayId, string.format('%d', now + A.leaseMs))
redis.call('SET', K.settling, A.gatewayId, 'PX', A.settleMs, 'NX')
return cjson.encode({ outcome = 'held' })

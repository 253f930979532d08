-- Needs shared/time, K.leases, A.gatewayId, A.leaseMs, A.known.

-- Whoever does something in an account is alive there. Returns whether Redis has lost what it had: this gateway's lease, which it knows
-- to have been there, is not.
local function renewed_anew()
  return redis.call('HSET', K.leases, A.gatewayId, string.format('%d', now + A.leaseMs)) == 1 and A.known == 'yes'
end

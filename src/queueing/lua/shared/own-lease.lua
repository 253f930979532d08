-- Needs shared/time, shared/leases, K.leases, A.gatewayId, A.leaseMs, A.known: `yes`; `lapsed` when this gateway has not renewed its lease
-- for so long that it must have run out; `no` when it had none, and `away` when that is so and Redis was away a moment ago.

-- Whoever does something in an account is alive there. Returns whether Redis may have lost what it had: this gateway's lease, which it
-- knows to have been there, is not; or all leases ran out together, and this one is not renewed then.
local function renewed_anew()
  local had = A.known == 'yes' or A.known == 'lapsed'
  if (A.known == 'lapsed' or A.known == 'away') and ran_out_together() then return true end
  return redis.call('HSET', K.leases, A.gatewayId, string.format('%d', now + A.leaseMs)) == 1 and had
end

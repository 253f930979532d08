-- Needs shared/time, shared/leases, K.leases, A.gatewayId, A.leaseMs, A.known: `no`, `yes`, or `lapsed` when this gateway has not renewed
-- its lease for so long that it must have run out.

-- Whoever does something in an account is alive there. Returns whether Redis may have lost what it had: this gateway's lease, which it
-- knows to have been there, is not; or all leases ran out together, and this one is not renewed then.
local function renewed_anew()
  if A.known == 'lapsed' and ran_out_together() then return true end
  return redis.call('HSET', K.leases, A.gatewayId, string.format('%d', now + A.leaseMs)) == 1 and A.known ~= 'no'
end

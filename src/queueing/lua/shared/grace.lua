-- Needs shared/records and A.graceMs.

-- Alive, or dead for so short a time that others may still take over what it had.
local function may_be_adopted(gatewayId)
  return tonumber(redis.call('HGET', K.leases, gatewayId) or '0') + A.graceMs > now
end

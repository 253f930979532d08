-- Needs shared/time, K.leases, A.gatewayId, A.leaseMs.

-- Whether this gateway's lease and those of all others ended at about the same time: Redis was away for longer than they last. Whose
-- gateway comes back first would be served first, so it is as if Redis had lost something.
local function ran_out_together()
  local leases, own, others = redis.call('HGETALL', K.leases), nil, 0
  for index = 1, #leases, 2 do
    if leases[index] == A.gatewayId then own = tonumber(leases[index + 1]) end
  end
  if not own or own > now then return false end
  for index = 1, #leases, 2 do
    local ends = tonumber(leases[index + 1])
    if ends > now then return false end
    if leases[index] ~= A.gatewayId and ends > own - A.leaseMs then others = others + 1 end
  end
  return others > 0
end

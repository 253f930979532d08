-- Needs shared/time, K.leases, K.calls, A.gatewayId, A.leaseMs.

-- Whether somebody is in the queues and nobody is alive here, this gateway apart: Redis was away for longer than leases last, and the
-- others, whose leases ended at about the same time, are not back yet. Whose gateway comes first would be served first, so it is as if
-- Redis had lost something.
local function ran_out_together()
  if redis.call('HLEN', K.calls) == 0 then return false end
  local leases, last = redis.call('HGETALL', K.leases), 0
  for index = 2, #leases, 2 do last = math.max(last, tonumber(leases[index])) end
  if last > now then return false end
  for index = 1, #leases, 2 do
    if leases[index] ~= A.gatewayId and tonumber(leases[index + 1]) > last - A.leaseMs then return true end
  end
  return false
end

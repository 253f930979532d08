-- The calls of a holder (an account, a trunk) that count, by gateway. Needs K.live, K.leases, A.gatewayId, A.leaseMs.
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)

-- Takes away what gateways had whose lease is over. One that was only late confirms its calls at its next heartbeat.
local function drop_dead()
  local dead, leases = {}, redis.call('HGETALL', K.leases)
  for index = 1, #leases, 2 do
    if tonumber(leases[index + 1]) <= now then dead[leases[index]] = true end
  end
  if next(dead) == nil then return end
  local live = redis.call('HGETALL', K.live)
  for index = 1, #live, 2 do
    if dead[live[index + 1]] then redis.call('HDEL', K.live, live[index]) end
  end
  for gatewayId in pairs(dead) do redis.call('HDEL', K.leases, gatewayId) end
end

-- Nothing is left of a holder once nobody has confirmed anything for two leases.
local function renew_lease()
  redis.call('HSET', K.leases, A.gatewayId, string.format('%.0f', now + A.leaseMs))
  redis.call('PEXPIRE', K.leases, 2 * A.leaseMs)
  redis.call('PEXPIRE', K.live, 2 * A.leaseMs)
end

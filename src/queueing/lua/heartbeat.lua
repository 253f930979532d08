-- name: heartbeat
-- A gateway says that it lives and which SIP server has its dialogs ('': not connected yet), and learns who does not live. `lapsed`: its
-- own lease had run out (Redis or the gateway was away), so the others may just be late as well. `unknown`: Redis had never heard of
-- it, or has lost what it had. `dead`: those it has to bury. `elsewhere`: those of another SIP server, alive or not, which its own gateways
-- bury, for only they reach their dialogs; or one that comes back there within strandedMs of the last one's end.
-- keys: gateways sipServers operation
-- args: gatewayId sipServer leaseMs strandedMs rememberMs
-- replies: alive | lapsed | unknown
-- include: shared/json shared/once shared/time
local before = redis.call('ZSCORE', K.gateways, A.gatewayId)
redis.call('ZADD', K.gateways, string.format('%d', now + A.leaseMs), A.gatewayId)
if A.sipServer ~= '' then redis.call('HSET', K.sipServers, A.gatewayId, A.sipServer) end
local leases = redis.call('ZRANGE', K.gateways, 0, -1, 'WITHSCORES')
local serverOf, aliveUntil = {}, {}
for index = 1, #leases, 2 do
  local server = redis.call('HGET', K.sipServers, leases[index])
  if server then
    serverOf[leases[index]] = server
    aliveUntil[server] = math.max(aliveUntil[server] or 0, tonumber(leases[index + 1]))
  end
end
local dead, elsewhere = {}, {}
for index = 1, #leases, 2 do
  local id, server = leases[index], serverOf[leases[index]]
  local isOurs = not server or server == A.sipServer or aliveUntil[server] + A.strandedMs <= now
  if not isOurs then
    table.insert(elsewhere, id)
  elseif tonumber(leases[index + 1]) <= now then
    table.insert(dead, id)
  end
end
local outcome = not before and 'unknown' or tonumber(before) > now and 'alive' or 'lapsed'
return reply({ outcome = outcome, dead = #dead > 0 and dead or nil, elsewhere = #elsewhere > 0 and elsewhere or nil })

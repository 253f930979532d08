-- name: heartbeat
-- A gateway says that it lives and which SIP server has its dialogs ('': not connected yet), and learns who does not live. `lapsed`: its
-- own lease had run out (Redis or the gateway was away), so the others may just be late as well. `unknown`: Redis had never heard of
-- it, or has lost what it had. `dead`: those it has to bury. `elsewhere`: those of another SIP server, alive or not, which its own gateways
-- bury, for only they reach their dialogs; or one that comes back there within strandedMs of the last one's end, but not for ever: gateways
-- there may come and die without taking anything over. Where each was is known for as long as its leases in accounts are.
-- keys: gateways sipServers operation
-- args: gatewayId sipServer leaseMs strandedMs retentionMs rememberMs
-- replies: alive | lapsed | unknown
-- include: shared/json shared/once shared/time
local before = redis.call('ZSCORE', K.gateways, A.gatewayId)
local ends = string.format('%d', now + A.leaseMs)
redis.call('ZADD', K.gateways, ends, A.gatewayId)
redis.call('HSET', K.sipServers, A.gatewayId, ends .. ' ' .. A.sipServer)
redis.call('PEXPIRE', K.sipServers, A.leaseMs + A.retentionMs)
-- A dead one is left to others for so many times strandedMs, whoever comes there.
local LONGEST = 8
local serverOf, leftUntil, aliveUntil = {}, {}, {}
local places = redis.call('HGETALL', K.sipServers)
for index = 1, #places, 2 do
  local id = places[index]
  local untilText, server = places[index + 1]:match('^(%d+) (.*)$')
  if tonumber(untilText) + A.retentionMs <= now then
    redis.call('HDEL', K.sipServers, id)
  else
    serverOf[id] = server
    leftUntil[id] = tonumber(untilText) + LONGEST * A.strandedMs
    aliveUntil[server] = math.max(aliveUntil[server] or 0, tonumber(untilText))
  end
end
local function is_elsewhere(id)
  local server = serverOf[id]
  return server and server ~= A.sipServer and leftUntil[id] > now and aliveUntil[server] + A.strandedMs > now
end
local dead, elsewhere = {}, {}
for _, id in ipairs(redis.call('ZRANGEBYSCORE', K.gateways, '-inf', now)) do
  if not is_elsewhere(id) then dead[#dead + 1] = id end
end
for id in pairs(serverOf) do
  if is_elsewhere(id) then elsewhere[#elsewhere + 1] = id end
end
local outcome = not before and 'unknown' or tonumber(before) > now and 'alive' or 'lapsed'
return reply({ outcome = outcome, dead = #dead > 0 and dead or nil, elsewhere = #elsewhere > 0 and elsewhere or nil })

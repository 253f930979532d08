-- name: renew-lease
-- One account's share of a gateway's heartbeat: alive for leaseMs from now (0 ends the lease), which claims are overdue, whether
-- the lease had lapsed (what waited meanwhile was passed over and has to be matched), which gateways' leases have expired in this
-- account (kept for the retention, so that whoever may judge sees them), whether anything is left to watch over. `unknown`: Redis had
-- never heard of the gateway in this account, or has lost what it had. `together`: all leases had run out, and this one is not renewed:
-- nobody is to be matched before all are back (hold-account).
-- keys: leases claims entries calls tickets retained operation
-- args: channels gatewayId leaseMs claimCapMs retentionMs rememberMs
-- replies: alive | lapsed | unknown | together
-- include: shared/json shared/once shared/time shared/records shared/changes shared/retention shared/leases
if tonumber(A.leaseMs) > 0 and ran_out_together() then return reply({ outcome = 'together' }) end
local was_alive = alive(A.gatewayId)
local is_new = redis.call('HSET', K.leases, A.gatewayId, string.format('%d', now + A.leaseMs)) == 1
local expired, leases = {}, redis.call('HGETALL', K.leases)
for index = 1, #leases, 2 do
  local ends = tonumber(leases[index + 1])
  if ends <= now - A.retentionMs then
    redis.call('HDEL', K.leases, leases[index])
  elseif ends <= now then
    expired[#expired + 1] = { gatewayId = leases[index], leaseEndedAt = ends }
  end
end
local overdue = {}
for _, id in ipairs(redis.call('ZRANGEBYSCORE', K.claims, '-inf', now - A.claimCapMs, 'LIMIT', 0, 64)) do
  local entry = read_entry(id)
  if entry then
    overdue[#overdue + 1] = { entryId = id, queueSid = entry.queueSid }
  else
    redis.call('ZREM', K.claims, id)
  end
end
purge()
return reply({
  outcome = is_new and 'unknown' or was_alive and 'alive' or 'lapsed', overdue = #overdue > 0 and overdue or nil,
  expired = #expired > 0 and expired or nil,
  idle = redis.call('HLEN', K.calls) == 0 and redis.call('HLEN', K.tickets) == 0,
})

-- name: adopt-entry
-- The call of an entry has another gateway now: it looks after the entry with its claim, and what was passed over while the old
-- gateway was dead is matched. `stale`: a still newer gateway has it. Repeated it replies the same.
-- keys: queues entries tickets leases retained claims waiting agents operation settling
-- args: channels nonce queueSid entryId gatewayId epoch leaseMs rememberMs
-- replies: adopted | stale | ended | unknown | moved
-- include: shared/json shared/once shared/time shared/records shared/changes shared/facts shared/settling shared/match
local entry = read_entry(A.entryId)
if not entry then return reply({ outcome = 'unknown' }) end
if entry.queueSid ~= A.queueSid then return reply({ outcome = 'moved', queueSid = entry.queueSid }) end
if entry.state == 'ended' then return reply({ outcome = 'ended' }) end
if entry.epoch > tonumber(A.epoch) then return reply({ outcome = 'stale' }) end
redis.call('HSET', K.leases, A.gatewayId, string.format('%d', now + A.leaseMs))
entry.gatewayId, entry.epoch = A.gatewayId, tonumber(A.epoch)
save_entry(entry)
replied = entry
local ticket = entry.claim and read_ticket(entry.claim.agentCallSid)
if ticket and ticket.token == entry.claim.token then
  ticket.callerGatewayId = A.gatewayId
  save_ticket(ticket)
end
match()
return reply({
  outcome = 'adopted', state = entry.state, claim = entry.claim, queue = redis.call('HGET', K.queues, entry.queueSid) or nil,
}, peer_of(entry))

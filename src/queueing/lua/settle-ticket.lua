-- name: settle-ticket
-- All gateways have written back what Redis had lost: an agent whose claim nobody else knows of waits again at his place, and a
-- conversation that nobody else knows of is over.
-- keys: entries tickets leases retained claims waiting agents operation settling
-- args: channels nonce queueSid callSid rememberMs
-- replies: kept | released | gone | moved
-- include: shared/json shared/once shared/time shared/records shared/changes shared/facts shared/settling shared/match
local ticket = read_ticket(A.callSid)
if not ticket or not ticket.token then return reply({ outcome = 'kept' }) end
if ticket.queueSid ~= A.queueSid then return reply({ outcome = 'moved', queueSid = ticket.queueSid }) end
local entry = read_entry(ticket.entryId)
if entry and entry.claim and entry.claim.token == ticket.token then return reply({ outcome = 'kept' }) end
if ticket.state == 'bridged' then
  retire_ticket(ticket, 'bridge-ended')
  return reply({ outcome = 'gone' })
end
free_agent({ agentCallSid = ticket.callSid, token = ticket.token })
return reply({ outcome = 'released' })

-- name: reap-ticket
-- Drops the ticket of an agent whose gateway has been dead for graceMs; his claimed caller waits again. A bridged caller keeps his bridge:
-- it ends on his own gateway.
-- keys: entries tickets leases retained claims waiting agents operation settling
-- args: channels nonce queueSid callSid graceMs rememberMs
-- replies: released | dropped | kept | moved
-- include: shared/json shared/once shared/entry-state shared/time shared/records shared/grace shared/changes shared/facts shared/settling shared/match
local ticket = read_ticket(A.callSid)
if not ticket or ticket.state == 'gone' or may_be_adopted(ticket.gatewayId) then return reply({ outcome = 'kept' }) end
if ticket.queueSid ~= A.queueSid then return reply({ outcome = 'moved', queueSid = ticket.queueSid }) end
local entry = ticket.entryId and read_entry(ticket.entryId)
local held = entry and entry.claim and entry.claim.token == ticket.token and NEXT[entry.state].release
retire_ticket(ticket, 'released')
if not held then return reply({ outcome = 'dropped' }) end
release(entry)
match()
return reply({ outcome = 'released' })

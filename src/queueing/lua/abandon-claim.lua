-- name: abandon-claim
-- The agent is gone or gave up: his ticket is removed, his caller (if not bridged) waits again and is offered to the next agent.
-- keys: entries tickets leases retained claims waiting agents operation claiming settling
-- A token fences: unless it is that of the present claim nothing changes. So does a ticket, for who does not know whether his
-- claim arrived: unless it was that claim that made the ticket nothing changes, and if it arrives later it gets nothing.
-- args: channels nonce queueSid callSid token dial ticket rememberMs retentionMs
-- replies: cancelled | released | bridged | over | none | stale | moved
-- include: shared/json shared/once shared/entry-state shared/time shared/records shared/changes shared/facts shared/settling shared/match shared/met
if A.ticket ~= '' then redis.call('SET', K.claiming, '{"outcome":"empty","queueSid":""}', 'PX', A.retentionMs, 'NX') end
local ticket = read_ticket(A.callSid)
if is_of_dial(ticket) and met_and_parted(ticket) then return reply_met('over', ticket) end
if not ticket or ticket.state == 'gone' then return reply({ outcome = 'none' }) end
if A.ticket ~= '' and ticket.id ~= A.ticket then return reply({ outcome = 'none' }) end
if A.token ~= '' and ticket.token ~= A.token then return reply({ outcome = 'stale' }) end
if ticket.queueSid ~= A.queueSid then return reply({ outcome = 'moved', queueSid = ticket.queueSid }) end
if ticket.state == 'bridged' then return reply_met('bridged', ticket) end
if ticket.state == 'waiting' then
  retire_ticket(ticket, 'released')
  return reply({ outcome = 'cancelled' })
end
local entry = read_entry(ticket.entryId)
local held = entry and entry.claim and entry.claim.token == ticket.token
retire_ticket(ticket, 'released')
if not held or not NEXT[entry.state].release then return reply({ outcome = 'cancelled' }) end
release(entry)
match()
return reply({ outcome = 'released', entryId = entry.id, queueSid = entry.queueSid, callSid = entry.callSid })

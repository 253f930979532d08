-- name: mark-bridged
-- The legs hear each other: the caller is no longer a member of the queue. `stale`: undo the bridge, the claim was lost.
-- keys: entries tickets leases members waiting claims ages operation
-- args: channels entryId token rememberMs
-- replies: bridged | stale | unknown
-- include: shared/json shared/once shared/entry-state shared/time shared/records shared/changes shared/facts shared/ages shared/membership
local entry = read_entry(A.entryId)
if not entry then return reply({ outcome = 'unknown' }) end
if not entry.claim or entry.claim.token ~= A.token then return reply({ outcome = 'stale' }) end
local state = NEXT[entry.state].bridged
if not state then return reply({ outcome = 'stale' }) end
if entry.state ~= state then
  entry.state, entry.bridgedAt = state, now
  leave_members(entry)
  save_entry(entry)
  fact('queue-entry.bridged', entry)
  local ticket = read_ticket(entry.claim.agentCallSid)
  if ticket and ticket.token == A.token then
    ticket.state = 'bridged'
    save_ticket(ticket)
  end
end
return reply({ outcome = 'bridged' })

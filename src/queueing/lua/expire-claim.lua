-- name: expire-claim
-- Releases the caller of a claim that is too old, whose agent's gateway is dead, or of which the agent's ticket knows nothing (Redis had
-- lost it, and the agent went meanwhile), and drops the agent's ticket.
-- keys: entries tickets leases retained claims waiting agents operation settling
-- args: channels nonce queueSid entryId claimCapMs rememberMs
-- replies: released | kept | moved
-- include: shared/json shared/once shared/entry-state shared/time shared/records shared/changes shared/facts shared/settling shared/match
local entry = read_entry(A.entryId)
if not entry or not entry.claim or not NEXT[entry.state].release then
  redis.call('ZREM', K.claims, A.entryId)
  return reply({ outcome = 'kept' })
end
if entry.queueSid ~= A.queueSid then return reply({ outcome = 'moved', queueSid = entry.queueSid }) end
local due = now - entry.claim.claimedAt >= tonumber(A.claimCapMs)
local ticket = read_ticket(entry.claim.agentCallSid)
local held = ticket and ticket.token == entry.claim.token
if held and not due and alive(entry.claim.gatewayId) then return reply({ outcome = 'kept' }) end
if held then retire_ticket(ticket, 'released') end
release(entry)
match()
return reply({ outcome = 'released' })

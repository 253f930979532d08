-- name: expire-claim
-- Releases the caller of a claim that is too old or whose agent's gateway is dead, and drops the agent's ticket.
-- keys: entries tickets leases retained claims sequence waiting agents operation
-- args: account channels nonce queueSid entryId claimCapMs rememberMs
-- replies: released | kept | moved
-- include: shared/once shared/entry-state shared/records shared/facts shared/match
local entry = read_entry(A.entryId)
if not entry or not entry.claim or not NEXT[entry.state].release then
  redis.call('ZREM', K.claims, A.entryId)
  return reply({ outcome = 'kept' })
end
if entry.queueSid ~= A.queueSid then return reply({ outcome = 'moved', queueSid = entry.queueSid }) end
local due = now - entry.claim.claimedAt >= tonumber(A.claimCapMs)
if not due and alive(entry.claim.gatewayId) then return reply({ outcome = 'kept' }) end
local ticket = read_ticket(entry.claim.agentCallSid)
if ticket and ticket.token == entry.claim.token then retire_ticket(ticket, 'released') end
release(entry)
match()
return reply({ outcome = 'released' })

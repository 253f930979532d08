-- name: begin-bridge
-- The caller's gateway is about to bridge the legs; refused unless the claim is still the one with this token.
-- keys: entries tickets leases operation
-- args: channels entryId token rememberMs
-- replies: bridging | stale | unknown
-- include: shared/json shared/once shared/entry-state shared/time shared/records shared/changes shared/facts
local entry = read_entry(A.entryId)
if not entry then return reply({ outcome = 'unknown' }) end
if not entry.claim or entry.claim.token ~= A.token then return reply({ outcome = 'stale' }) end
local state = NEXT[entry.state]['begin-bridge']
if not state then return reply({ outcome = 'stale' }) end
if entry.state ~= state then
  entry.state = state
  save_entry(entry)
  fact('queue-entry.bridging', entry)
end
return reply({ outcome = 'bridging' })

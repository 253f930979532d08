-- name: reap-entry
-- Ends an entry whose gateway has been dead for graceMs, and that nobody has taken over, with system-error; its agent waits again or
-- gets the next caller.
-- keys: entries calls tickets leases retained claims ages members waiting agents operation settling
-- args: channels nonce queueSid entryId retentionMs graceMs rememberMs
-- replies: ended | kept | moved
-- include: shared/json shared/once shared/entry-state shared/time shared/records shared/grace shared/changes shared/facts shared/ages shared/membership shared/settling shared/match shared/retention shared/finish
local entry = read_entry(A.entryId)
if not entry or entry.state == 'ended' or may_be_adopted(entry.gatewayId) then return reply({ outcome = 'kept' }) end
if entry.queueSid ~= A.queueSid then return reply({ outcome = 'moved', queueSid = entry.queueSid }) end
finish(entry, NEXT[entry.state]['system-error'])
return reply({ outcome = 'ended' })

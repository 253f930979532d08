-- name: reap-entry
-- Ends an entry whose gateway is dead with system-error; its agent waits again or gets the next caller.
-- keys: queues entries calls tickets leases retained claims ages sequence members waiting agents operation
-- args: account channels nonce queueSid entryId actionToken retentionMs rememberMs
-- replies: ended | kept | moved
-- include: shared/once shared/entry-state shared/records shared/facts shared/membership shared/match shared/retention shared/finish
local entry = read_entry(A.entryId)
if not entry or entry.state == 'ended' or alive(entry.gatewayId) then return reply({ outcome = 'kept' }) end
if entry.queueSid ~= A.queueSid then return reply({ outcome = 'moved', queueSid = entry.queueSid }) end
finish(entry, NEXT[entry.state]['system-error'])
return reply({ outcome = 'ended' })

-- name: end
-- Ends an entry with the result its state gives to `cause`; whoever comes first decides. An entry Redis does not know (its data
-- was lost, or its enqueue never arrived) ends too, so that there is always exactly one result. `talked` is yes when his gateway knows
-- that he was bridged: that he was stays true when Redis has lost it.
-- keys: entries calls tickets leases retained claims ages members waiting agents operation settling
-- args: channels nonce queueSid entryId callSid cause talked gatewayId retentionMs rememberMs
-- replies: ended | already-ended | moved
-- include: shared/json shared/once shared/entry-state shared/time shared/records shared/changes shared/facts shared/ages shared/membership shared/settling shared/match shared/retention shared/finish
local entry = read_entry(A.entryId)
if not entry then
  entry = {
    id = A.entryId, callSid = A.callSid, queueSid = A.queueSid, gatewayId = A.gatewayId, epoch = 0,
    state = 'waiting', enqueuedAt = now, leg = '', peer = '', whisper = '',
  }
end
if entry.queueSid ~= A.queueSid then return reply({ outcome = 'moved', queueSid = entry.queueSid }) end
local outcome = 'already-ended'
if entry.state ~= 'ended' then
  finish(entry, NEXT[A.talked == 'yes' and 'bridged' or entry.state][A.cause])
  outcome = 'ended'
end
return reply({ outcome = outcome, result = entry.result, queueTimeMs = queue_time(entry), actionToken = entry.actionToken })

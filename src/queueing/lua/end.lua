-- name: end
-- Ends an entry with the result its state gives to `cause`; whoever comes first decides. An entry Redis does not know (its data
-- was lost, or its enqueue never arrived) ends too, so that there is always exactly one result.
-- keys: queues entries calls tickets leases retained claims ages sequence members waiting agents operation
-- args: account channels nonce queueSid entryId callSid cause gatewayId actionToken retentionMs rememberMs
-- replies: ended | already-ended | moved
-- include: shared/once shared/entry-state shared/records shared/facts shared/membership shared/match shared/retention shared/finish
local entry = read_entry(A.entryId)
if not entry then
  entry = {
    id = A.entryId, callSid = A.callSid, queueSid = A.queueSid, queueName = '', gatewayId = A.gatewayId, epoch = 0,
    state = 'waiting', enqueuedAt = now,
  }
end
if entry.queueSid ~= A.queueSid then return reply({ outcome = 'moved', queueSid = entry.queueSid }) end
local outcome = 'already-ended'
if entry.state ~= 'ended' then
  finish(entry, NEXT[entry.state][A.cause])
  outcome = 'ended'
end
return reply({ outcome = outcome, result = entry.result, queueTimeMs = queue_time(entry), actionToken = entry.actionToken })

-- name: view
-- An entry in its queue as it stands now.
-- keys: queues entries tickets leases members waiting claims ages
-- args: account channels entryId
-- replies: found | unknown
-- include: shared/records shared/membership
local entry = read_entry(A.entryId)
if not entry then return cjson.encode({ outcome = 'unknown' }) end
local queue = read_queue(entry.queueSid)
local rank = redis.call('ZRANK', K.members, entry.id)
local size = redis.call('ZCARD', K.members)
return cjson.encode({
  outcome = 'found', queueSid = entry.queueSid, queueName = entry.queueName, position = rank and rank + 1 or 0, size = size,
  maxSize = queue and queue.maxSize or 0, queueTimeMs = queue_time(entry),
  averageQueueTimeMs = queue and average_age(queue, size) or 0, state = entry.state,
  claim = entry.state ~= 'ended' and entry.claim or nil, result = entry.result,
})

-- name: view
-- An entry in its queue as it stands now.
-- keys: queues entries tickets leases members ages
-- args: entryId
-- replies: found | unknown
-- include: shared/json shared/time shared/records shared/queues shared/ages
local entry = read_entry(A.entryId)
if not entry then return cjson.encode({ outcome = 'unknown' }) end
local queue = read_queue(entry.queueSid)
local rank = redis.call('ZRANK', K.members, entry.id)
local size = redis.call('ZCARD', K.members)
return with_raw({
  outcome = 'found', queueSid = entry.queueSid, queueName = queue and queue.name or '', position = rank and rank + 1 or 0,
  size = size, maxSize = queue and queue.maxSize or 0, queueTimeMs = queue_time(entry),
  averageQueueTimeMs = average_age(entry.queueSid, size), state = entry.state, claim = entry.claim, result = entry.result,
}, peer_of(entry))

-- name: queue-summary
-- A queue and how many are in it.
-- keys: queues members waiting ages agents
-- args: queueSid
-- replies: found | unknown-queue
-- include: shared/time shared/queues shared/ages
local queue = read_queue(A.queueSid)
if not queue then return cjson.encode({ outcome = 'unknown-queue' }) end
local size = redis.call('ZCARD', K.members)
return cjson.encode({
  outcome = 'found', queueSid = queue.sid, queueName = queue.name, maxSize = queue.maxSize, createdAt = queue.createdAt,
  size = size, waiting = redis.call('ZCARD', K.waiting), agentsWaiting = redis.call('ZCARD', K.agents),
  averageQueueTimeMs = average_age(queue.sid, size),
})

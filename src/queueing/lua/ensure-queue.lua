-- name: ensure-queue
-- Creates a queue unless its name is taken.
-- keys: names queues operation
-- args: queueSid name maxSize rememberMs
-- replies: created | exists
-- include: shared/json shared/once shared/time
local sid = redis.call('HGET', K.names, A.name)
if sid and sid ~= A.queueSid then return reply({ outcome = 'exists', queueSid = sid }) end
redis.call('HSET', K.names, A.name, A.queueSid)
redis.call('HSETNX', K.queues, A.queueSid, cjson.encode({
  sid = A.queueSid, name = A.name, maxSize = tonumber(A.maxSize), createdAt = now,
}))
facts[1] = { fact = 'queue.created', queueSid = A.queueSid }
return reply({ outcome = 'created', queueSid = A.queueSid })

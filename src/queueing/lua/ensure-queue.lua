-- name: ensure-queue
-- Creates a queue unless its name is taken.
-- keys: names queues
-- args: queueSid name maxSize
-- replies: created | exists
local sid = redis.call('HGET', K.names, A.name)
if sid and sid ~= A.queueSid then return cjson.encode({ outcome = 'exists', queueSid = sid }) end
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
redis.call('HSET', K.names, A.name, A.queueSid)
redis.call('HSETNX', K.queues, A.queueSid, cjson.encode({
  sid = A.queueSid, name = A.name, maxSize = tonumber(A.maxSize), createdAt = now,
}))
return cjson.encode({
  outcome = 'created', queueSid = A.queueSid, facts = { { fact = 'queue.created', queueSid = A.queueSid } },
})

-- Needs K.names, K.queues, A.queue (the queue of a record that is written back, as JSON), A.queueSid.

-- Makes the queue again where Redis has lost it, and returns the sid that its name has: another one, when somebody made it anew
-- before us.
local function restore_queue()
  local queue = cjson.decode(A.queue)
  local sid = redis.call('HGET', K.names, queue.name)
  if sid then return sid end
  queue.sid = A.queueSid
  redis.call('HSET', K.names, queue.name, queue.sid)
  redis.call('HSET', K.queues, queue.sid, cjson.encode(queue))
  return queue.sid
end

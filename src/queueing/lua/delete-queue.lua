-- name: delete-queue
-- Deletes a queue without members; agents who wait in it are told.
-- keys: names queues ages members entries tickets leases retained claims waiting agents operation settling
-- args: channels nonce queueSid rememberMs
-- replies: deleted | not-empty | unknown-queue
-- include: shared/json shared/once shared/time shared/records shared/changes shared/facts shared/queues shared/settling shared/match
local queue = read_queue(A.queueSid)
if not queue then return reply({ outcome = 'unknown-queue' }) end
local size = redis.call('ZCARD', K.members)
if size > 0 then return reply({ outcome = 'not-empty', size = size }) end
for _, callSid in ipairs(redis.call('ZRANGE', K.agents, 0, -1)) do
  local ticket = read_ticket(callSid)
  if ticket then retire_ticket(ticket, 'queue-deleted') end
end
redis.call('HDEL', K.queues, A.queueSid)
redis.call('HDEL', K.ages, A.queueSid)
if redis.call('HGET', K.names, queue.name) == A.queueSid then redis.call('HDEL', K.names, queue.name) end
redis.call('DEL', K.members, K.waiting, K.agents)
facts[#facts + 1] = { fact = 'queue.deleted', queueSid = A.queueSid }
return reply({ outcome = 'deleted' })

-- name: reassert-ticket
-- Redis may have lost writes: the gateway of an agent says what it knows of his ticket. It is written back, at its original place in the
-- line, unless Redis knows something later (`kept`). A caller whom Redis gave to an agent who talks already waits again.
-- keys: names queues entries tickets leases retained claims waiting agents operation settling
-- args: channels nonce queueSid callSid record queue rememberMs
-- replies: reasserted | kept | moved
-- include: shared/json shared/once shared/entry-state shared/time shared/records shared/changes shared/facts shared/settling shared/match shared/lost-queue shared/reasserted
local known, present = opened(A.record), read_ticket(A.callSid)
-- An earlier claim of this agent says nothing about this one.
if present and present.id ~= known.id and present.epoch <= known.epoch then
  redis.call('ZREM', K.agents, A.callSid)
  known.revision = math.max(known.revision, present.revision)
  present = nil
end
if present then
  if present.queueSid ~= A.queueSid then return reply({ outcome = 'moved', queueSid = present.queueSid }) end
  if is_kept(present, known, 'gone', save_ticket) then return reply({ outcome = 'kept' }) end
else
  local sid = restore_queue()
  if sid ~= A.queueSid then return reply({ outcome = 'moved', queueSid = sid }) end
end

local other = present and present.token ~= known.token and present.entryId and read_entry(present.entryId)
known.queueSid, known.revision = A.queueSid, math.max(known.revision, present and present.revision or 0)
redis.call('ZREM', K.agents, A.callSid)
if known.state == 'waiting' then redis.call('ZADD', K.agents, known.score, A.callSid) end
save_ticket(known)
if other and other.claim and other.claim.token == present.token and NEXT[other.state].release then release(other) end
match()
return reply({ outcome = 'reasserted' })

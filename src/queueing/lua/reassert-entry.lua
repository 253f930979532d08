-- name: reassert-entry
-- Redis may have lost writes: the gateway of a caller says what it knows of his entry. It is written back, at its original place, unless
-- Redis knows something later (`kept`). Who talks goes on talking, whatever Redis made of him since: nobody is bridged twice.
-- keys: names queues sequence entries calls tickets leases retained claims ages members waiting agents operation settling
-- args: channels nonce queueSid entryId record queue rememberMs
-- replies: reasserted | kept | moved
-- include: shared/json shared/once shared/entry-state shared/time shared/records shared/changes shared/facts shared/ages shared/membership shared/settling shared/match shared/lost-queue shared/reasserted
local known, present = opened(A.record), read_entry(A.entryId)
if present then
  if present.queueSid ~= A.queueSid then return reply({ outcome = 'moved', queueSid = present.queueSid }) end
  if is_kept(present, known, 'ended', save_entry) then return reply({ outcome = 'kept' }) end
else
  local sid = restore_queue()
  if sid ~= A.queueSid then return reply({ outcome = 'moved', queueSid = sid }) end
end

local other = present and present.claim
if present then leave_members(present) end
known.queueSid, known.revision = A.queueSid, math.max(known.revision, present and present.revision or 0)
redis.call('HSET', K.calls, known.callSid, known.id)
if known.state ~= 'bridged' then
  join_members(known)
  if known.claim then
    redis.call('ZADD', K.claims, string.format('%d', known.claim.claimedAt), known.id)
  else
    redis.call('ZADD', K.waiting, known.score, known.id)
  end
end
-- Whoever comes later comes after him, also by a clock that is behind.
local arrived = tonumber(known.score) % 4398046511104
if arrived > tonumber(redis.call('GET', K.sequence) or '0') then redis.call('SET', K.sequence, string.format('%d', arrived)) end
save_entry(known)
if other and not (known.claim and known.claim.token == other.token) then free_agent(other) end
match()
return reply({ outcome = 'reasserted' })

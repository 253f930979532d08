-- An operation happens once: ioredis sends again what had no reply when the connection was lost, and the lost reply may have been
-- that of an operation that was done. Such a repetition gets the first reply, facts included, and changes nothing.
local done = redis.call('GET', K.operation)
if done then return done end
local facts = {}
-- Sent to the wrong queue, or to a Redis that has lost its data, nothing was done: the same operation is sent again.
local UNDONE = { moved = true, lost = true, settling = true }
-- What shared/changes has to write before the reply.
local write

-- `raw`: members whose values are JSON already (legs, whispers).
local function reply(value, raw)
  if write then write() end
  if #facts > 0 then value.facts = facts end
  local text = with_raw(value, raw)
  if not UNDONE[value.outcome] then redis.call('SET', K.operation, text, 'PX', A.rememberMs) end
  return text
end

-- An operation happens once: ioredis sends again what had no reply when the connection was lost, and the lost reply may have been
-- that of an operation that was done. Such a repetition gets the first reply, facts included, and changes nothing.
local done = redis.call('GET', K.operation)
if done then return done end
local facts = {}

local function reply(value)
  if #facts > 0 then value.facts = facts end
  local text = cjson.encode(value)
  -- Sent to the wrong queue nothing was done: the same operation goes to the right one.
  if value.outcome ~= 'moved' then redis.call('SET', K.operation, text, 'PX', A.rememberMs) end
  return text
end

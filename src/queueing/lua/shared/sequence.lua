-- The order of arrival. Needs shared/time and K.sequence.

-- A counter that is never behind the clock: what Redis gives after it has lost writes still comes after all it gave before. While it
-- loses nothing a clock that jumps reorders nobody. 2^42 ms from 2026 are 139 years (queue-order-rules.ts).
local function next_sequence()
  local last = tonumber(redis.call('GET', K.sequence) or '0')
  local next = math.max(last + 1, now - SINCE)
  redis.call('SET', K.sequence, string.format('%d', next))
  return next
end

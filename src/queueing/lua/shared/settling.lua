-- Needs K.settling.

-- Redis has lost writes a moment ago: until all gateways have written back what they know nobody is matched, or those who come back
-- first would be served first.
local function settling()
  return redis.call('EXISTS', K.settling) == 1
end

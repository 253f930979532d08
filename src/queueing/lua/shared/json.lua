-- `value` as JSON with the members of `raw`, whose values are JSON already (legs and whispers are never opened here).
local function with_raw(value, raw)
  local text = cjson.encode(value)
  for name, json in pairs(raw or {}) do
    text = string.sub(text, 1, -2) .. ',"' .. name .. '":' .. json .. '}'
  end
  return text
end

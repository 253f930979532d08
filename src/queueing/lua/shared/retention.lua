-- Forgets what ended longer than A.retentionMs ago. Needs shared/changes and K.retained.

-- A few at a time, so that no end of a call pays for a thousand others.
local function purge()
  local old = redis.call('ZRANGEBYSCORE', K.retained, '-inf', now - A.retentionMs, 'LIMIT', 0, 16)
  for _, member in ipairs(old) do
    local id = string.sub(member, 3)
    if string.sub(member, 1, 2) == 'E:' then
      drop_entry(id)
    else
      local ticket = read_ticket(id)
      if ticket and ticket.state == 'gone' then drop_ticket(id) end
    end
    redis.call('ZREM', K.retained, member)
  end
end

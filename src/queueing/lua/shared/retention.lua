-- Forgets what ended longer than A.retentionMs ago. Needs shared/records and K.retained.

-- A few at a time, so that no end of a call pays for a thousand others.
local function purge()
  local old = redis.call('ZRANGEBYSCORE', K.retained, '-inf', now - A.retentionMs, 'LIMIT', 0, 16)
  for _, member in ipairs(old) do
    local id = string.sub(member, 3)
    if string.sub(member, 1, 2) == 'E:' then
      redis.call('HDEL', K.entries, id)
    else
      local ticket = read_ticket(id)
      if ticket and ticket.state == 'gone' then redis.call('HDEL', K.tickets, id) end
    end
    redis.call('ZREM', K.retained, member)
  end
end

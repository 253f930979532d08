-- What a script changes in records is written at its reply, once each. Needs shared/once, shared/records, A.channels.
local changed_entries, changed_tickets = {}, {}
-- The record that the operation is about, if its reply tells all of it: its gateway needs no hint.
local replied

-- A hint is the record, so that whoever waits for it need not ask. It may be lost, late or out of order: the record's
-- revision tells what is news, and the heartbeat reads again.
local function hint(record, text)
  if record ~= replied then redis.call('PUBLISH', A.channels .. record.gatewayId, text) end
end

local function closed(record, kind, id)
  local leg, peer, whisper = record.leg, record.peer, record.whisper
  record.leg, record.peer, record.whisper = nil, nil, nil
  record.revision = (record.revision or 0) + 1
  return kind .. ' ' .. id .. '\n' .. cjson.encode(record) .. '\n' .. leg .. '\n' .. peer .. '\n' .. whisper
end

local function save_entry(entry)
  entries[entry.id], changed_entries[entry.id] = entry, entry
end

local function save_ticket(ticket)
  tickets[ticket.callSid], changed_tickets[ticket.callSid] = ticket, ticket
end

local function drop_entry(id)
  entries[id], changed_entries[id] = false, nil
  redis.call('HDEL', K.entries, id)
end

local function drop_ticket(callSid)
  tickets[callSid], changed_tickets[callSid] = false, nil
  redis.call('HDEL', K.tickets, callSid)
end

write = function()
  for id, entry in pairs(changed_entries) do
    local text = closed(entry, 'entry', id)
    redis.call('HSET', K.entries, id, text)
    hint(entry, text)
  end
  for callSid, ticket in pairs(changed_tickets) do
    local text = closed(ticket, 'claim', callSid)
    redis.call('HSET', K.tickets, callSid, text)
    hint(ticket, text)
  end
end

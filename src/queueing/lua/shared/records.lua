-- Entries and tickets, each read once by a script. Needs shared/time, K.entries, K.tickets, K.leases.
local entries, tickets = {}, {}

-- A record is five lines: whose it is (`entry <id>`, `claim <agent's callSid>`), so that it is a hint as it stands; what changes,
-- as JSON; then as they came, JSON that is never opened here, the leg of the entry's caller or the ticket's agent, the leg of his
-- peer while there is one, and the whisper the agent asks for. Lua hashes every string it makes byte by byte, 1.6 ns each, so
-- nothing long is put together twice.
local function opened(raw)
  local row, leg, peer, whisper = string.match(raw, '^[^\n]*\n([^\n]*)\n([^\n]*)\n([^\n]*)\n(.*)$')
  local record = cjson.decode(row)
  record.leg, record.peer, record.whisper = leg, peer, whisper
  return record
end

local function read_entry(id)
  if entries[id] == nil then
    local raw = redis.call('HGET', K.entries, id)
    entries[id] = raw and opened(raw)
  end
  return entries[id] or nil
end

local function read_ticket(callSid)
  if tickets[callSid] == nil then
    local raw = redis.call('HGET', K.tickets, callSid)
    tickets[callSid] = raw and opened(raw)
  end
  return tickets[callSid] or nil
end

local function alive(gatewayId)
  return tonumber(redis.call('HGET', K.leases, gatewayId) or '0') > now
end

-- From enqueue to the bridge or the end; never negative, for the clock of Redis may be set back.
local function queue_time(entry)
  return math.max(0, (entry.bridgedAt or entry.endedAt or now) - entry.enqueuedAt)
end

-- The members of a reply that tell of the other side of a claim, as JSON.
local function peer_of(record)
  if record.peer == '' then return nil end
  return { peer = record.peer, whisper = record.whisper ~= '' and record.whisper or nil }
end

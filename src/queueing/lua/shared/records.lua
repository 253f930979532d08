-- Records, time and hints. Needs K.entries, K.tickets, K.leases and A.account, A.channels.
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)

local function read_entry(id)
  local raw = redis.call('HGET', K.entries, id)
  return raw and cjson.decode(raw) or nil
end

local function read_ticket(callSid)
  local raw = redis.call('HGET', K.tickets, callSid)
  return raw and cjson.decode(raw) or nil
end

-- A hint, not a message: the gateway re-reads the record. Lost hints are made up for by its heartbeat.
local function hint(gatewayId, kind, id)
  redis.call('PUBLISH', A.channels .. gatewayId, cjson.encode({ kind = kind, account = A.account, id = id }))
end

local function save_entry(entry)
  entry.revision = (entry.revision or 0) + 1
  redis.call('HSET', K.entries, entry.id, cjson.encode(entry))
  hint(entry.gatewayId, 'entry', entry.id)
end

local function save_ticket(ticket)
  ticket.revision = (ticket.revision or 0) + 1
  redis.call('HSET', K.tickets, ticket.callSid, cjson.encode(ticket))
  hint(ticket.gatewayId, 'claim', ticket.callSid)
end

local function alive(gatewayId)
  return tonumber(redis.call('HGET', K.leases, gatewayId) or '0') > now
end

-- From enqueue to the bridge or the end; never negative, for the clock of Redis may be set back.
local function queue_time(entry)
  return math.max(0, (entry.bridgedAt or entry.endedAt or now) - entry.enqueuedAt)
end

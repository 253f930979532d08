-- Who takes whom. Needs shared/changes and every key of the queue; A.nonce makes tokens unique even if Redis lost its data.

local function retain(member)
  redis.call('ZADD', K.retained, string.format('%d', now), member)
end

local function retire_ticket(ticket, reason)
  redis.call('ZREM', K.agents, ticket.callSid)
  ticket.state, ticket.reason, ticket.token, ticket.leg, ticket.whisper = 'gone', reason, nil, '', ''
  -- Whose conversation is over is told with whom it was: nobody may have heard of it before.
  if reason ~= 'bridge-ended' then ticket.entryId, ticket.peer = nil, '' end
  save_ticket(ticket)
  retain('T:' .. ticket.callSid)
  agent_fact('queue-agent.gone', ticket)
end

-- A dead gateway's callers are passed over, not removed: the sweep ends them, or their gateway comes back in time. Nearly always
-- the first is taken; the others are looked at 32 at a time.
local function first_live_caller()
  local from, to = 0, 0
  while true do
    local ids = redis.call('ZRANGE', K.waiting, from, to)
    for _, id in ipairs(ids) do
      local entry = read_entry(id)
      if entry and entry.state == 'waiting' and alive(entry.gatewayId) then return entry end
    end
    if #ids <= to - from then return nil end
    from, to = to + 1, to + 32
  end
end

local function first_live_agent()
  local from, to = 0, 0
  while true do
    local calls = redis.call('ZRANGE', K.agents, from, to)
    for _, callSid in ipairs(calls) do
      local ticket = read_ticket(callSid)
      if ticket and ticket.state == 'waiting' and alive(ticket.gatewayId) then return ticket end
    end
    if #calls <= to - from then return nil end
    from, to = to + 1, to + 32
  end
end

local function take(entry, ticket)
  -- One operation takes a ticket once, so its place in the line tells its token from those of the others.
  local token = A.nonce .. '-' .. ticket.score
  entry.state, entry.peer, entry.whisper = 'claimed', ticket.leg, ticket.whisper
  entry.claim = { token = token, agentCallSid = ticket.callSid, gatewayId = ticket.gatewayId, claimedAt = now }
  ticket.state, ticket.entryId, ticket.token, ticket.queueTimeMs = 'claimed', entry.id, token, queue_time(entry)
  ticket.peer, ticket.callerGatewayId = entry.leg, entry.gatewayId
  redis.call('ZREM', K.waiting, entry.id)
  redis.call('ZREM', K.agents, ticket.callSid)
  redis.call('ZADD', K.claims, string.format('%d', now), entry.id)
  save_entry(entry)
  save_ticket(ticket)
  fact('queue-entry.claimed', entry)
end

-- Called whenever a caller or an agent became free: afterwards not both wait. Nearly always one side is empty, and the records
-- of the other need not be read to know it.
local function match()
  while redis.call('ZCARD', K.agents) > 0 and redis.call('ZCARD', K.waiting) > 0 and not settling() do
    local ticket = first_live_agent()
    local entry = ticket and first_live_caller()
    if not entry then break end
    take(entry, ticket)
  end
end

-- The caller waits again at his original score and is offered to the next agent.
local function release(entry)
  entry.state, entry.claim, entry.peer, entry.whisper = 'waiting', nil, '', ''
  redis.call('ZADD', K.waiting, entry.score, entry.id)
  redis.call('ZREM', K.claims, entry.id)
  save_entry(entry)
  fact('queue-entry.released', entry)
end

-- The caller of this claim is gone before the bridge: the agent waits again at his place, if he waits at all.
local function free_agent(claim)
  local ticket = read_ticket(claim.agentCallSid)
  if not ticket or ticket.token ~= claim.token then return end
  if ticket.target then return retire_ticket(ticket, 'caller-ended') end
  ticket.state, ticket.entryId, ticket.token, ticket.peer = 'waiting', nil, nil, ''
  redis.call('ZADD', K.agents, ticket.score, ticket.callSid)
  save_ticket(ticket)
  match()
  if ticket.state == 'waiting' and not ticket.wait then retire_ticket(ticket, 'caller-ended') end
end

local function reply_claimed(ticket)
  return reply({
    outcome = 'claimed', ticket = ticket.id, token = ticket.token, entryId = ticket.entryId, queueSid = ticket.queueSid,
    callerGatewayId = ticket.callerGatewayId, queueTimeMs = ticket.queueTimeMs, score = ticket.score,
  }, peer_of(ticket))
end

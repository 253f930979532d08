-- name: claim
-- An agent asks for the front caller (or a given one). He joins the agents who wait and is matched like them, so that
-- nobody overtakes; who does not want to wait is taken off again. Repeated for the same agent call it replies the same.
-- keys: names calls entries tickets leases retained claims sequence waiting agents operation
-- args: account channels nonce queueSid name callSid agent gatewayId epoch whisper wait ticket target leaseMs rememberMs
-- replies: claimed | waiting | empty | unknown-queue | moved | stale-epoch | agent-busy
-- include: shared/once shared/records shared/facts shared/match
local sid = redis.call('HGET', K.names, A.name)
if not sid then return reply({ outcome = 'unknown-queue' }) end
if sid ~= A.queueSid then return reply({ outcome = 'moved', queueSid = sid }) end

local epoch, waits = tonumber(A.epoch), A.wait == 'yes'
redis.call('HSET', K.leases, A.gatewayId, string.format('%.0f', now + A.leaseMs))

local ticket = read_ticket(A.callSid)
-- Done with the last caller, whose gateway has not said yet that the bridge ended: this is the agent's next claim.
local over = not ticket or ticket.state == 'gone' or (ticket.state == 'bridged' and ticket.epoch == epoch and ticket.id ~= A.ticket)
if not over then
  if ticket.queueSid ~= sid then return reply({ outcome = 'agent-busy', queueSid = ticket.queueSid }) end
  if epoch < ticket.epoch then return reply({ outcome = 'stale-epoch' }) end
  if epoch > ticket.epoch then
    -- Another gateway carries on with the agent's call.
    ticket.epoch, ticket.gatewayId = epoch, A.gatewayId
    save_ticket(ticket)
    local entry = ticket.entryId and read_entry(ticket.entryId)
    if entry and entry.claim and entry.claim.token == ticket.token then
      entry.claim.gatewayId = A.gatewayId
      save_entry(entry)
    end
    match()
    ticket = read_ticket(A.callSid)
  end
else
  ticket = {
    id = A.ticket, callSid = A.callSid, queueSid = sid, agent = A.agent, gatewayId = A.gatewayId, epoch = epoch,
    whisper = A.whisper ~= '' and A.whisper or nil, wait = waits, target = A.target ~= '' and A.target or nil,
    state = 'waiting', score = string.format('%.0f', redis.call('INCR', K.sequence)),
    revision = ticket and ticket.revision or 0,
  }
  if ticket.target then
    local id = redis.call('HGET', K.calls, ticket.target)
    local entry = id and read_entry(id)
    if not entry or entry.queueSid ~= sid or entry.state ~= 'waiting' or not alive(entry.gatewayId) then
      -- As below: a claim that gets nothing leaves no ticket, not even the one of the agent's last bridge.
      redis.call('HDEL', K.tickets, A.callSid)
      return reply({ outcome = 'empty', queueSid = sid })
    end
    take(entry, ticket)
  else
    redis.call('ZADD', K.agents, ticket.score, ticket.callSid)
    save_ticket(ticket)
    if match() then ticket = read_ticket(A.callSid) end
  end
end

if ticket.state ~= 'waiting' then return reply(claimed_reply(ticket)) end
if waits then
  agent_fact('queue-agent.waiting', ticket)
  return reply({ outcome = 'waiting', ticket = ticket.id, queueSid = sid })
end
redis.call('ZREM', K.agents, ticket.callSid)
redis.call('HDEL', K.tickets, ticket.callSid)
return reply({ outcome = 'empty', queueSid = sid })

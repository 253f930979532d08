-- name: claim
-- An agent asks for the front caller (or a given one). He joins the agents who wait and is matched like them, so that
-- nobody overtakes; who does not want to wait is taken off again. Repeated for the same Dial it replies the same, or that the
-- conversation is `over` to which the first led.
-- keys: names calls entries tickets leases retained claims sequence waiting agents operation settling
-- args: channels nonce queueSid name callSid agent gatewayId epoch dial whisper wait ticket target leaseMs known rememberMs
-- replies: claimed | waiting | over | empty | unknown-queue | moved | stale-epoch | agent-busy | lost | settling
-- include: shared/json shared/once shared/time shared/records shared/changes shared/facts shared/settling shared/match shared/met shared/sequence shared/leases shared/own-lease
if renewed_anew() then return reply({ outcome = 'lost' }) end
local epoch, waits = tonumber(A.epoch), A.wait == 'yes'
local ticket = read_ticket(A.callSid)
-- Gateways of before schema 1 counted by the clock instead of by who has the call; others carry on with their agents.
if ticket and ticket.epoch > 1e12 then ticket.epoch = 1 end
local repeated = is_of_dial(ticket)
if repeated and met_and_parted(ticket) and epoch >= ticket.epoch then return reply_met('over', ticket) end

local sid = redis.call('HGET', K.names, A.name)
if not sid then return reply({ outcome = settling() and 'settling' or 'unknown-queue' }) end
if sid ~= A.queueSid then return reply({ outcome = 'moved', queueSid = sid }) end

-- Done with the last caller, whose gateway has not said yet that the bridge ended: this is the agent's next claim.
local done = not ticket or ticket.state == 'gone' or (ticket.state == 'bridged' and ticket.epoch == epoch and ticket.id ~= A.ticket and not repeated)
if not done then
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
  end
else
  ticket = {
    id = A.ticket, callSid = A.callSid, queueSid = sid, gatewayId = A.gatewayId, epoch = epoch, dial = A.dial,
    wait = waits, target = A.target ~= '' and A.target or nil, leg = A.agent, peer = '', whisper = A.whisper,
    state = 'waiting', score = string.format('%d', next_sequence()),
    revision = ticket and ticket.revision or 0,
  }
  local line = redis.call('ZCARD', K.agents)
  if ticket.target then
    local id = redis.call('HGET', K.calls, ticket.target)
    local entry = id and read_entry(id)
    if entry and entry.queueSid == sid and entry.state == 'waiting' and alive(entry.gatewayId) then take(entry, ticket) end
  elseif line == 0 and not settling() then
    -- The only one need not stand in the line to be the first of it.
    local entry = first_live_caller()
    if entry then take(entry, ticket) end
  end
  if ticket.state == 'waiting' and not ticket.target and (waits or line > 0) then
    redis.call('ZADD', K.agents, ticket.score, ticket.callSid)
    save_ticket(ticket)
    match()
  end
end
replied = ticket

if ticket.state ~= 'waiting' then return reply_claimed(ticket) end
if waits and not ticket.target then
  agent_fact('queue-agent.waiting', ticket)
  return reply({ outcome = 'waiting', ticket = ticket.id, queueSid = sid, score = ticket.score })
end
-- A claim that gets nothing leaves no ticket, not even the one of the agent's last bridge.
redis.call('ZREM', K.agents, ticket.callSid)
drop_ticket(ticket.callSid)
-- Before every gateway has written back its callers nobody knows that there is none.
return reply({ outcome = settling() and 'settling' or 'empty', queueSid = sid })

-- The one way an entry ends. Needs shared/match, shared/membership, shared/retention.

local function finish(entry, result)
  local claim, was = entry.claim, entry.state
  -- Of one entry there is one result: its id is the token under which that is told, also by who has to tell it without Redis.
  entry.state, entry.result, entry.actionToken, entry.endedAt = 'ended', result, entry.id, now
  leave_members(entry)
  if redis.call('HGET', K.calls, entry.callSid) == entry.id then redis.call('HDEL', K.calls, entry.callSid) end
  fact('queue-entry.ended', entry)
  -- What is kept for the retention answers who asks again, no more.
  entry.claim, entry.leg, entry.peer, entry.whisper = nil, '', '', ''
  save_entry(entry)
  retain('E:' .. entry.id)
  if was == 'bridged' then
    local ticket = read_ticket(claim.agentCallSid)
    if ticket and ticket.token == claim.token then retire_ticket(ticket, 'bridge-ended') end
  elseif claim then
    free_agent(claim)
  end
  purge()
end

-- Whom an agent met by this claim, of which he may not have heard. Needs shared/once, shared/records, A.dial.

-- Of two claims of an agent's call: whether this ticket came of the Dial that asks.
local function is_of_dial(ticket)
  return ticket and A.dial ~= '' and ticket.dial == A.dial
end

local function met_and_parted(ticket)
  return ticket.state == 'gone' and ticket.reason == 'bridge-ended'
end

local function reply_met(outcome, ticket)
  return reply({ outcome = outcome, entryId = ticket.entryId, queueSid = ticket.queueSid, queueTimeMs = ticket.queueTimeMs }, peer_of(ticket))
end

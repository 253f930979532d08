-- What listeners are told of an operation. Needs shared/once, shared/records.

local function fact(name, entry)
  facts[#facts + 1] = {
    fact = name, queueSid = entry.queueSid, entryId = entry.id, callSid = entry.callSid, queueTimeMs = queue_time(entry),
    agentCallSid = entry.claim and entry.claim.agentCallSid or nil, result = entry.result,
  }
end

local function agent_fact(name, ticket)
  facts[#facts + 1] = { fact = name, queueSid = ticket.queueSid, agentCallSid = ticket.callSid }
end

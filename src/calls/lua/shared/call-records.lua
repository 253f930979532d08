-- Needs K.records, a HASH callSid -> `<epoch> <gateway> <JSON>`; K.owned, the SET of this gateway's calls; A.gatewayId.

-- Epoch 0: there is no record.
local function read_record(callSid)
  local kept = redis.call('HGET', K.records, callSid)
  if not kept then return 0 end
  local epoch, gatewayId, record = string.match(kept, '^(%d+) (%S+) (.*)$')
  return tonumber(epoch), gatewayId, record
end

local function write_record(callSid, epoch, record)
  redis.call('HSET', K.records, callSid, string.format('%.0f %s %s', epoch, A.gatewayId, record))
  redis.call('SADD', K.owned, callSid)
end

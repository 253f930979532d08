-- Needs K.records, a HASH callSid -> `<epoch> <gateway> <JSON>`; K.owned, the SET of this gateway's calls; A.gatewayId.

-- Epoch 0: there is no record.
local function read_record(callSid)
  local kept = redis.call('HGET', K.records, callSid)
  if not kept then return 0 end
  local epoch, gatewayId, record = string.match(kept, '^(%d+) (%S+) (.*)$')
  return tonumber(epoch), gatewayId, record
end

-- The epoch of whoever has the call; 0: nobody. K.ended holds the record of a call that is over, whoever ended it, or the epoch that
-- a call was taken with before there was a record of it.
local function holding_epoch(callSid)
  local epoch = read_record(callSid)
  if epoch > 0 then return epoch end
  local ended = redis.call('GET', K.ended)
  return ended and (tonumber(ended) or math.huge) or 0
end

local function write_record(callSid, epoch, record)
  redis.call('HSET', K.records, callSid, string.format('%.0f %s %s', epoch, A.gatewayId, record))
  redis.call('SADD', K.owned, callSid)
end

-- Needs shared/call-records, and K.ended of the call.

-- The epoch of whoever has the call; 0: nobody. K.ended holds the record of a call that is over, whoever ended it, or the epoch that
-- a call was taken with before there was a record of it.
local function holding_epoch(callSid)
  local epoch = read_record(callSid)
  if epoch > 0 then return epoch end
  local ended = redis.call('GET', K.ended)
  return ended and (tonumber(ended) or math.huge) or 0
end

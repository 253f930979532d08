-- name: take-calls
-- Some of the calls of a dead gateway (its SET is `from`) become this one's, each with a higher epoch. Several gateways may take
-- at once: each call goes to one of them, and with it those that it is joined to inside the gateway, beyond the limit too. A reply
-- that is lost leaves calls in `owned` that nobody runs: `unrun`.
-- keys: records from owned
-- args: gatewayId deadGatewayId limit
-- replies: taken
-- include: shared/call-records
local taken = {}
local function take(callSid)
  local epoch, gatewayId, record = read_record(callSid)
  if gatewayId ~= A.deadGatewayId then return end
  write_record(callSid, epoch + 1, record)
  redis.call('SREM', K.from, callSid)
  taken[#taken + 1] = { epoch = epoch + 1, record = record }
  -- Never part of a text: there its quotes are escaped.
  for other in record:gmatch('"insideWith":{"callSid":"(%w+)"') do take(other) end
end
for _, callSid in ipairs(redis.call('SPOP', K.from, A.limit)) do take(callSid) end
return cjson.encode({ outcome = 'taken', calls = #taken > 0 and taken or nil, left = redis.call('SCARD', K.from) })

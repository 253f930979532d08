-- name: take-call
-- One call becomes this gateway's, whoever had it: its unanswered INVITE was given to us again. Whoever had it may have ended it without
-- anybody having heard so: then it begins anew. Whoever had it may also stand still, and have written nothing yet (`unknown`): what it
-- writes when it goes on is refused, hence the epoch that is left behind.
-- keys: records owned ended
-- args: callSid gatewayId keepSeconds
-- replies: taken | unknown
-- include: shared/call-records
local epoch, _, record = read_record(A.callSid)
if epoch == 0 then
  epoch = (tonumber(redis.call('GET', K.ended) or '') or 1) + 1
  redis.call('SET', K.ended, string.format('%.0f', epoch), 'EX', A.keepSeconds)
  return cjson.encode({ outcome = 'unknown', epoch = epoch })
end
redis.call('DEL', K.ended)
write_record(A.callSid, epoch + 1, record)
return cjson.encode({ outcome = 'taken', epoch = epoch + 1 })

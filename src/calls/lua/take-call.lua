-- name: take-call
-- One call becomes this gateway's, whoever had it: its unanswered INVITE was given to us again. Whoever had it may have ended it without
-- anybody having heard so: then it begins anew.
-- keys: records owned ended
-- args: callSid gatewayId
-- replies: taken | unknown
-- include: shared/call-records
local epoch, _, record = read_record(A.callSid)
redis.call('DEL', K.ended)
if epoch == 0 then return cjson.encode({ outcome = 'unknown' }) end
write_record(A.callSid, epoch + 1, record)
return cjson.encode({ outcome = 'taken', epoch = epoch + 1 })

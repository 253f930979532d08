-- name: save-call
-- Writes the record of a live call and of its legs, unless another gateway has taken the call over since, or has ended it (`fenced`).
-- Sent again it changes nothing.
-- keys: records owned ended
-- args: callSid gatewayId epoch record
-- replies: saved | fenced
-- include: shared/call-records
local epoch = read_record(A.callSid)
if epoch > tonumber(A.epoch) or epoch == 0 and redis.call('EXISTS', K.ended) == 1 then return cjson.encode({ outcome = 'fenced' }) end
write_record(A.callSid, A.epoch, A.record)
return cjson.encode({ outcome = 'saved' })

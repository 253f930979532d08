-- name: save-call
-- Writes the record of a live call and of its legs, unless another gateway has taken the call over since, or has ended it (`fenced`).
-- Sent again it changes nothing.
-- keys: records owned ended
-- args: callSid gatewayId epoch record
-- replies: saved | fenced
-- include: shared/call-records shared/holding-epoch
if holding_epoch(A.callSid) > tonumber(A.epoch) then return cjson.encode({ outcome = 'fenced' }) end
write_record(A.callSid, A.epoch, A.record)
return cjson.encode({ outcome = 'saved' })

-- name: close-call
-- Nothing is left to be done for a call: its record is no longer among the live ones, and kept for look-ups by SID. `fenced`: another
-- gateway has the call, or has closed it.
-- keys: records owned ended
-- args: callSid gatewayId epoch record keepSeconds
-- replies: closed | fenced
-- include: shared/call-records shared/holding-epoch
if holding_epoch(A.callSid) > tonumber(A.epoch) and redis.call('GET', K.ended) ~= A.record then return cjson.encode({ outcome = 'fenced' }) end
redis.call('HDEL', K.records, A.callSid)
redis.call('SREM', K.owned, A.callSid)
redis.call('SET', K.ended, A.record, 'EX', A.keepSeconds)
return cjson.encode({ outcome = 'closed' })

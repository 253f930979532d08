-- name: raise-schema
-- Says which version of the schema writes here; that of a newer gateway stays. Sent again it changes nothing.
-- keys: schema
-- args: version readableSince
-- replies: raised | kept
local present = tonumber(redis.call('HGET', K.schema, 'version') or '0')
if present >= tonumber(A.version) then return cjson.encode({ outcome = 'kept' }) end
redis.call('HSET', K.schema, 'version', A.version, 'readableSince', A.readableSince)
return cjson.encode({ outcome = 'raised' })

-- name: record-alert
-- Puts an alert before those the account has, and forgets the oldest: beyond `keep`, or recorded before oldestAt.
-- Sent again it records nothing twice.
-- keys: alerts parts
-- args: sid at code summary exchange keep oldestAt keepSeconds
-- replies: recorded
if redis.call('HSETNX', K.parts, A.sid, A.summary) == 1 then
  redis.call('HSET', K.parts, A.sid .. ':exchange', A.exchange)
  redis.call('LPUSH', K.alerts, A.at .. ' ' .. A.code .. ' ' .. A.sid)
end

local too_many = redis.call('LLEN', K.alerts) - tonumber(A.keep)
local at, sid
local function read_oldest()
  at, sid = string.match(redis.call('LINDEX', K.alerts, -1) or '', '^(%d+) %d+ (%w+)$')
end
read_oldest()
while sid and (too_many > 0 or tonumber(at) < tonumber(A.oldestAt)) do
  redis.call('RPOP', K.alerts)
  redis.call('HDEL', K.parts, sid, sid .. ':exchange')
  too_many = too_many - 1
  read_oldest()
end

redis.call('EXPIRE', K.alerts, A.keepSeconds)
redis.call('EXPIRE', K.parts, A.keepSeconds)
return cjson.encode({ outcome = 'recorded' })

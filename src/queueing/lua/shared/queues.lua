-- Needs K.queues.

local function read_queue(sid)
  local raw = redis.call('HGET', K.queues, sid)
  return raw and cjson.decode(raw) or nil
end

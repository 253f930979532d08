-- Redis's clock, ms.
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
-- Sums and numbers are counted from 2026, so that they stay exact in a double.
local SINCE = 1767225600000

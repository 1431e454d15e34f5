#!lua flags=no-writes
-- Says of several calls whether each has a fresh answer, or is being fetched.
-- KEYS: for each call answer and lease. Returns 1 or 0 for each.

local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local states = {}
for index = 1, #KEYS, 2 do
  local fresh = redis.call('HGET', KEYS[index], 'fresh')
  local lease = redis.call('HGET', KEYS[index + 1], 'until')
  local is_shared = (fresh and tonumber(fresh) > now) or (lease and tonumber(lease) > now)
  states[#states + 1] = is_shared and 1 or 0
end
return states

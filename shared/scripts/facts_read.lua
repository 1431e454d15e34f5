-- Returns the version, 0 if nothing is stored, and of each fact its version, its milliseconds until it expires, and itself.
--
-- KEYS: the facts.
local time = redis.call('TIME')
local now = math.floor(time[1] * 1000 + time[2] / 1000)
local result = { tonumber(redis.call('HGET', KEYS[1], 'version')) or 0 }
local entries = redis.call('HGETALL', KEYS[1])
for index = 1, #entries, 2 do
  if entries[index] ~= 'version' then
    local version, expires, fact = string.match(entries[index + 1], '^(%d+)|(%d+)|(.*)$')
    local left = tonumber(expires) - now
    if left > 0 then
      result[#result + 1] = { tonumber(version), left, fact }
    end
  end
end
return result

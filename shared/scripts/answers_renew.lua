#!lua flags=allow-oom
-- Renews leases, and registers those again that the store has lost, unless somebody else fetches by now.
-- KEYS: leases, fence. ARGV: lease (ms), then for each lease owner and token (0 if the reply with it was lost).
-- Returns the tokens; 0 for a lease that is another owner's.

local MAX_INTEGER = 9007199254740992 -- of the numbers of Lua
local lease_ms = tonumber(ARGV[1])
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local tokens = {}
for index = 1, #KEYS - 1 do
  local key, owner, token = KEYS[index], ARGV[index * 2], ARGV[index * 2 + 1]
  local lease = redis.pcall('HMGET', key, 'owner', 'token', 'until')
  if lease.err and lease.err:find('WRONGTYPE') then
    redis.call('DEL', key)
    lease = {}
  end
  if lease.err then
    return lease
  end
  if lease[1] and lease[1] ~= owner and (tonumber(lease[3]) or 0) > now then
    tokens[index] = 0
  else
    if lease[1] == owner then
      token = lease[2]
    elseif token == '0' then
      local last = tonumber(redis.pcall('GET', KEYS[#KEYS])) or 0
      last = last < MAX_INTEGER and last or 0 -- what something else has written counts as none
      token = string.format('%.0f', math.max(last + 1, time[1] * 1000000 + time[2]))
      redis.call('SET', KEYS[#KEYS], token, 'PX', 86400000)
    end
    redis.call('HSET', key, 'owner', owner, 'token', token, 'until', string.format('%.0f', now + lease_ms))
    redis.call('PEXPIRE', key, math.max(lease_ms, 5000))
    tokens[index] = tonumber(token) or 0
  end
end
return tokens

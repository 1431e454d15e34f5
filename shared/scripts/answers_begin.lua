#!lua flags=allow-oom
-- Looks a call up: its answer with the remaining times, and unless that is fresh the right to fetch it.
-- KEYS: answer, lease, fence. ARGV: owner, lease (ms), token of the fetch that was waited for, token of the answer that
-- the caller has ('0' without one), which by the caller's clock is not fresh and is not sent, priority, channel, member
-- of the index, and whether the lease is claimed ('1'). Returns {state, token, ms, failure, value, token of the answer, age, fresh, grace, usable}.

local owner, lease_ms, waited, cached = ARGV[1], tonumber(ARGV[2]), ARGV[3], ARGV[4]
local priority = tonumber(ARGV[5])
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)

-- What something else has written is deleted: entries of another type, and such without the numbers that belong there.
local function read(key, ...)
  local values = redis.pcall('HMGET', key, ...)
  if not values.err then
    return values
  end
  if values.err:find('WRONGTYPE') then
    redis.call('DEL', key)
  end
  return redis.call('HMGET', key, ...)
end
local MAX_INTEGER = 9007199254740992 -- of the numbers of Lua
local function is_number(text)
  return text and math.abs(tonumber(text) or math.huge) < MAX_INTEGER
end

local stored = read(KEYS[1], 'value', 'token', 'stored', 'fresh', 'grace', 'usable')
local is_there, is_complete = false, true
for at = 1, 6 do
  is_there = is_there or stored[at]
  is_complete = is_complete and stored[at] and (at == 1 or is_number(stored[at]))
end
if is_there and not is_complete then
  redis.call('DEL', KEYS[1])
  stored = {}
end
local is_cached = cached ~= '0' and stored[2] == cached
local function reply(state, token, ms, failure)
  token = tonumber(token) or 0
  if not stored[6] then
    return {state, token, ms, failure, false, 0, 0, 0, 0, 0}
  end
  local value = stored[1]
  if is_cached then
    value = false
  end
  return {state, token, ms, failure, value, tonumber(stored[2]) or 0,
    now - stored[3], stored[4] - now, stored[5] - now, stored[6] - now}
end

if stored[4] and tonumber(stored[4]) > now and not is_cached then
  return reply('fresh', '0', 0, '')
end

local lease = read(KEYS[2], 'owner', 'token', 'until', 'failed', 'failure', 'priority', 'urgent')
if lease[1] and not (is_number(lease[2]) and is_number(lease[3])) then
  redis.call('DEL', KEYS[2])
  lease = {}
end
if waited ~= '0' and lease[4] == waited then
  return reply('failed', waited, 0, lease[5] or '')
end
if lease[1] and lease[3] - now > lease_ms then -- the clock was set back
  lease[3] = string.format('%.0f', now + lease_ms)
  redis.call('HSET', KEYS[2], 'until', lease[3])
end
if lease[1] and tonumber(lease[3]) > now then
  if lease[1] == owner then -- the reply to an earlier request was lost
    return reply('lease', lease[2], lease[3] - now, '')
  end
  redis.call('HSET', KEYS[2], 'waiting', '1')
  local holder, urgent = tonumber(lease[6]) or math.huge, tonumber(lease[7]) or math.huge -- unknown to an emptied store
  local is_told = waited == '0' and urgent <= priority -- while one waits, the notice may be lost
  if holder > priority and not is_told then -- somebody more urgent waits for it
    redis.call('HSET', KEYS[2], 'urgent', math.min(urgent, priority))
    redis.call('PUBLISH', ARGV[6], ARGV[7] .. '!' .. ARGV[5])
  end
  return reply('remote', lease[2], lease[3] - now, '')
end

if ARGV[8] ~= '1' then
  return reply('free', 0, 0, '')
end

-- By the clock, so that tokens grow in a store that was emptied, too.
local last = redis.pcall('GET', KEYS[3])
last = is_number(last) and tonumber(last) or 0
local token = string.format('%.0f', math.max(last + 1, time[1] * 1000000 + time[2]))
local fence_ms = stored[2] and 86400000 or 600000 -- of a key without answers, which anybody may send, not for long
redis.call('SET', KEYS[3], token, 'PX', math.max(fence_ms, redis.call('PTTL', KEYS[3])))
redis.call('HSET', KEYS[2], 'owner', owner, 'token', token, 'until', string.format('%.0f', now + lease_ms),
  'priority', priority)
redis.call('HDEL', KEYS[2], 'waiting', 'urgent')
redis.call('PEXPIRE', KEYS[2], math.max(lease_ms, 5000))
return reply('lease', token, lease_ms, '')

#!lua
-- Stores the answer of a fetch, ends its lease, and wakes those who wait. An older answer never replaces a newer one.
-- KEYS: answer, lease, index, sizes. ARGV: owner, token, member of the index, channel, value, age, fresh, grace, usable
-- (ms), limit (bytes), and how long after the lease was given the answer came (ms). Returns whether it was stored, and the bytes of all answers.
-- Without the flag `allow-oom` it is refused as a whole if the memory of the store is spent.

local owner, token, member, channel, value = ARGV[1], tonumber(ARGV[2]), ARGV[3], ARGV[4], ARGV[5]
local age, fresh, grace, usable, limit, since =
  tonumber(ARGV[6]), tonumber(ARGV[7]), tonumber(ARGV[8]), tonumber(ARGV[9]), tonumber(ARGV[10]), tonumber(ARGV[11])
local MAX_DELAY = 500 -- ms; twice as much as a reply may take
local ENTRY_BYTES = 400 -- of an answer besides its value, with its places in index and sizes
local LASTING = 26 * 3600000 -- ms; an answer is usable for less: it is refreshed each day at the latest
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local function text(number)
  return string.format('%.0f', number)
end

local lease = redis.call('HMGET', KEYS[2], 'owner', 'token', 'waiting')
-- A store that stood still executes what it was sent long before. By its own clock the answer came `since` after the
-- time that is the token.
local delay = now - age - (token / 1000 + since)
if token > 0 and delay > MAX_DELAY then
  age, fresh, grace, usable = age + delay, fresh - delay, grace - delay, usable - delay
end
local is_owner = lease[1] == owner
if is_owner then
  token = tonumber(lease[2]) or token
end

local before = redis.call('HMGET', KEYS[1], 'token', 'fresh')
local is_newer = not before[2]
  or (tonumber(before[2]) < now + fresh and (token == 0 or tonumber(before[1]) <= token))

local total = redis.pcall('HGET', KEYS[4], 'total')
local is_counted = not total or (type(total) == 'string' and total:find('^%d+$') and #total < 16)
if not is_counted or type(redis.pcall('ZCARD', KEYS[3])) == 'table' then -- something else has written there
  redis.call('DEL', KEYS[3], KEYS[4])
end
local size = #value + ENTRY_BYTES
local is_stored = is_newer and size <= limit and usable > 0
if is_stored then
  redis.call('HSET', KEYS[1], 'value', value, 'token', text(token), 'stored', text(now - age),
    'fresh', text(now + fresh), 'grace', text(now + grace), 'usable', text(now + usable))
  redis.call('PEXPIRE', KEYS[1], usable)
  local replaced = tonumber(redis.call('HGET', KEYS[4], member)) or 0
  redis.call('ZADD', KEYS[3], now + usable, member) -- what is gone is the first to be evicted
  redis.call('HSET', KEYS[4], member, size)
  redis.call('HINCRBY', KEYS[4], 'total', size - replaced)
  redis.call('PEXPIRE', KEYS[3], LASTING)
  redis.call('PEXPIRE', KEYS[4], LASTING)
end

if is_owner then
  redis.call('HDEL', KEYS[2], 'owner', 'token', 'until', 'waiting', 'priority', 'urgent')
end
if lease[3] then
  redis.call('PUBLISH', channel, member)
end
return {is_stored and 1 or 0, tonumber(redis.call('HGET', KEYS[4], 'total') or '0')}

-- Stores a fact with the next version, and publishes it.
--
-- KEYS: the facts; the channel of changes; optionally a claim of ours to give up.
-- ARGV: the replica; the fact's name; milliseconds until it expires; the fact; how many facts are stored at most.
-- Returns the version; 0 if there is no room.
local facts, channel, claim = KEYS[1], KEYS[2], KEYS[3]
local replica, name, left, fact, most = ARGV[1], ARGV[2], tonumber(ARGV[3]), ARGV[4], tonumber(ARGV[5])

local time = redis.call('TIME')
local microseconds = time[1] * 1000000 + time[2]
local now = math.floor(microseconds / 1000)

local function expiry(entry)
  return tonumber(string.match(entry, '^%d+|(%d+)|'))
end

local function make_room()
  local entries = redis.call('HGETALL', facts)
  for index = 1, #entries, 2 do
    if entries[index] ~= 'version' and expiry(entries[index + 1]) <= now then
      redis.call('HDEL', facts, entries[index])
    end
  end
  return redis.call('HLEN', facts) < most
end

if claim and redis.call('GET', claim) == replica then
  redis.call('DEL', claim)
end
if redis.call('HEXISTS', facts, name) == 0 and redis.call('HLEN', facts) >= most and not make_room() then
  return 0
end
-- Without facts the version begins with the clock, so that it is later than any before the store was emptied.
local version = (tonumber(redis.call('HGET', facts, 'version')) or microseconds) + 1
local text = string.format('%.0f', version)
redis.call('HSET', facts, 'version', text, name, text .. '|' .. string.format('%.0f', now + left) .. '|' .. fact)
redis.call('PEXPIRE', facts, string.format('%.0f', math.max(left, redis.call('PTTL', facts)))) -- those of any key do not fill the store
redis.call('PUBLISH', channel, replica .. '|' .. text .. '|' .. string.format('%.0f', left) .. '|' .. fact)
return version

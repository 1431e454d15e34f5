-- Notes that a replica lives and what channels it follows, and renews or takes the lease of the owner.
-- KEYS: owner, fence, replicas, interest, control, news
-- ARGV: replica, token or '', lease ms, ms until a replica is gone, ms to retain, '1' to take a free lease, '2' to do so
--       unless the store was emptied, channels that it follows ('' if they are as before, '0' for none), version of the channels of all, up to when
--       the owner appended all that came or '', when this was sent or '': both by the store's clock
local clock = redis.call('TIME')
local us = clock[1] * 1000000 + clock[2]
local now = math.floor(us / 1000)
local owner, fence, replicas, interest, control, news = unpack(KEYS)
local replica, token = ARGV[1], ARGV[2]

-- What something else has written is deleted: entries of another type, and below what is no list of channels.
local function heal(name, command, ...)
  local reply = redis.pcall(command, name, ...)
  if type(reply) == 'table' and reply.err and reply.err:find('WRONGTYPE') then
    redis.call('DEL', name)
  end
end
heal(owner, 'HLEN')
heal(fence, 'GET')
heal(replicas, 'ZCARD')
heal(interest, 'HLEN')
heal(control, 'HLEN')
heal(news, 'XRANGE', '-', '+', 'COUNT', 1)

local MAX_INTEGER = 9007199254740992 -- of the numbers of Lua
local function next_of(text)
  local last = tonumber(text) or 0
  return math.max(last < MAX_INTEGER and last + 1 or 0, us)
end

local function bump(name, field)
  redis.call('HSET', name, field, string.format('%.0f', next_of(redis.call('HGET', name, field))))
end

local is_changed, is_unknown = false, 0
redis.call('ZADD', replicas, now, replica)
for _, other in ipairs(redis.call('ZRANGEBYSCORE', replicas, '(' .. now, '+inf')) do -- the clock was set back
  redis.call('ZADD', replicas, now, other)
end
if ARGV[7] == '0' then
  is_changed = redis.call('HDEL', interest, replica) == 1
elseif ARGV[7] ~= '' then
  is_changed = redis.call('HGET', interest, replica) ~= ARGV[7]
  redis.call('HSET', interest, replica, ARGV[7])
elseif redis.call('HEXISTS', interest, replica) == 0 then
  is_unknown = 1
end
if redis.call('HLEN', interest) > redis.call('ZCARD', replicas) then -- an evicted list of replicas comes back by beats
  for _, other in ipairs(redis.call('HKEYS', interest)) do
    redis.call('ZADD', replicas, 'NX', now, other)
  end
end
for _, gone in ipairs(redis.call('ZRANGEBYSCORE', replicas, '-inf', now - ARGV[4])) do
  redis.call('ZREM', replicas, gone)
  is_changed = redis.call('HDEL', interest, gone) == 1 or is_changed
end
if is_changed then
  bump(control, 'version')
  redis.call('XADD', news, 'MAXLEN', 1, '*', 'v', 1)
end

local current = redis.call('HGET', owner, 'token')
if current and redis.call('PTTL', owner) > tonumber(ARGV[3]) then -- the clock was set back
  redis.call('PEXPIRE', owner, ARGV[3])
end
local is_late = ARGV[10] ~= '' and now > ARGV[10] + ARGV[3] / 2 -- a store that hung runs it when nobody waits any more
local is_free = not current and not is_late and (ARGV[6] == '1' or (ARGV[6] == '2' and redis.call('EXISTS', fence) == 1))
if is_free then
  current = string.format('%.0f', next_of(redis.call('GET', fence)))
  redis.call('SET', fence, current)
  redis.call('HSET', owner, 'token', current, 'replica', replica)
  token = current
end
local is_owner = current and current == token
local alive = tonumber(redis.call('HGET', control, 'alive')) or 0
if is_owner and not is_late then
  redis.call('PEXPIRE', owner, ARGV[3])
end
if is_owner and ARGV[9] ~= '' and (tonumber(ARGV[9]) > alive or alive > now) then
  redis.call('HSET', control, 'alive', ARGV[9])
end
for _, name in ipairs({ fence, replicas, interest, control, news }) do
  redis.call('PEXPIRE', name, ARGV[5])
end
local values = redis.call('HMGET', control, 'version', 'generation', 'alive')
local version = values[1] or '0'
local followed = {}
if is_owner and version ~= ARGV[8] then
  for _, name in ipairs(redis.call('HKEYS', interest)) do
    local data = redis.call('HGET', interest, name)
    local is_readable, channels = pcall(cmsgpack.unpack, data)
    if is_readable and type(channels) == 'table' then
      followed[#followed + 1] = data
    else
      redis.call('HDEL', interest, name) -- the replica, if it is one, is told with its next beat
    end
  end
end
return { now, current or '', is_owner and 1 or 0, version, values[2] or '0', values[3] or '', is_unknown, followed }

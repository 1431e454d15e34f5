-- Looks at the stream of a channel, and creates it if it is missing or the owner begins it anew.
-- KEYS: owner, state, events, control, news
-- ARGV: token of the owner or '' for a look, epoch of a new stream, '1' to begin anew, since when it is complete, by
--       the store's clock, or '', ms to retain, payload of the note that it is connected
local clock = redis.call('TIME')
local us = clock[1] * 1000000 + clock[2]
local now = math.floor(us / 1000)
local owner, state, events, control, news = unpack(KEYS)
local MAX_INTEGER = 9007199254740992 -- of the numbers of Lua

if ARGV[1] ~= '' and redis.call('HGET', owner, 'token') ~= ARGV[1] then
  return { now, '' }
end
local epoch = redis.pcall('HGET', state, 'epoch')
if type(epoch) == 'table' and not epoch.err:find('WRONGTYPE') then
  return epoch
end
local is_missing = type(epoch) ~= 'string' -- or what something else has written
if is_missing or ARGV[3] == '1' then
  redis.call('DEL', state, events)
  redis.call('HSET', state, 'epoch', ARGV[2], 'position', 0, 'total', 0, 'status', 'new', 'since', 0, 'note', '')
  if ARGV[1] ~= '' then
    redis.call('HSET', state, 'writer', ARGV[1], 'serial', 0)
  end
  if ARGV[4] ~= '' then
    redis.call('HSET', state, 'status', 'live', 'since', ARGV[4], 'last', ARGV[4], 'note', ARGV[6])
  end
  if ARGV[1] ~= '' then
    local last = tonumber(redis.call('HGET', control, 'generation')) or 0
    local generation = math.max(last < MAX_INTEGER and last + 1 or 0, us)
    redis.call('HSET', control, 'generation', string.format('%.0f', generation))
    redis.call('XADD', news, 'MAXLEN', 1, '*', 'v', 1)
    redis.call('PEXPIRE', control, ARGV[5])
    redis.call('PEXPIRE', news, ARGV[5])
  end
end
local complete = redis.call('HMGET', state, 'lost', 'last', 'since')
local alive = tonumber(redis.call('HGET', control, 'alive')) or 0
local until_ms = tonumber(complete[1]) or math.max(alive, tonumber(complete[2]) or 0, tonumber(complete[3]) or 0)
local begun = redis.call('HMGET', state, 'position', 'status')
if ARGV[1] ~= '' and ARGV[3] ~= '1' and (begun[1] ~= '0' or begun[2] ~= 'new') then -- nobody serves it now
  redis.call('HSETNX', state, 'lost', string.format('%.0f', until_ms))
end
redis.call('PEXPIRE', state, ARGV[5])
redis.call('PEXPIRE', events, ARGV[5])

local values = redis.call('HMGET', state, 'epoch', 'position', 'status', 'since', 'note', 'writer')
local first = redis.call('XRANGE', events, '-', '+', 'COUNT', 1)[1]
local last = redis.call('XREVRANGE', events, '+', '-', 'COUNT', 1)[1]
local first_number = 0
if first then
  for index = 1, #first[2], 2 do
    if first[2][index] == 'n' then
      first_number = first[2][index + 1]
    end
  end
end
return {
  now, values[1], values[2], values[3], values[4], values[5],
  string.format('%.0f', until_ms), values[6] or '', last and last[1] or '0-0', first and first[1] or '', first_number,
}

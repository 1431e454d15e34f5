-- Appends notes of the owner to the streams of their channels, each once however often it is sent.
-- KEYS: owner, then state and events of each channel
-- ARGV: token, rows that a stream retains, ms to retain, then for each note: index of its channel, its serial number,
--       its rows, status of the channel or '', when it came by the store's clock, payload
-- Returns 0 for a former owner, else 1 and the indexes of channels whose stream is missing.
local token, ring = ARGV[1], tonumber(ARGV[2])
if redis.call('HGET', KEYS[1], 'token') ~= token then
  return { 0 }
end

local function total_of(entry)
  for index = 1, #entry[2], 2 do
    if entry[2][index] == 't' then
      return tonumber(entry[2][index + 1])
    end
  end
  return 0
end

local function trim(events, total)
  local first = redis.call('XRANGE', events, '-', '+', 'COUNT', 1)[1]
  while first and total - total_of(first) >= ring do
    redis.call('XDEL', events, first[1])
    first = redis.call('XRANGE', events, '-', '+', 'COUNT', 1)[1]
  end
end

-- Notes from when on events may be missing while the channel is down: `lost`, and until then the last that came.
local function note_status(state, status, at, payload)
  if status == 'live' then
    redis.call('HSET', state, 'status', status, 'note', payload, 'since', at, 'last', at)
    redis.call('HDEL', state, 'lost')
  elseif status == 'down' then
    redis.call('HSETNX', state, 'lost', redis.call('HGET', state, 'last') or at)
    redis.call('HSET', state, 'status', status, 'note', payload)
  else
    redis.call('HSET', state, 'last', at)
  end
end

local missing, touched = {}, {}
for at = 4, #ARGV, 6 do
  local index, serial, rows, status = tonumber(ARGV[at]), tonumber(ARGV[at + 1]), ARGV[at + 2], ARGV[at + 3]
  local state, events = KEYS[index * 2], KEYS[index * 2 + 1]
  local values = redis.pcall('HMGET', state, 'epoch', 'writer', 'serial')
  if values.err and not values.err:find('WRONGTYPE') then
    return values
  end
  if not values[1] then -- or what something else has written
    missing[index] = true
  elseif not missing[index] and (values[2] ~= token or serial > tonumber(values[3])) then
    local number = redis.call('HINCRBY', state, 'position', 1)
    local total = redis.call('HINCRBY', state, 'total', math.max(1, rows))
    redis.call('XADD', events, '*', 'e', values[1], 'n', number, 't', total, 'w', token, 's', serial,
      'a', ARGV[at + 4], 'd', ARGV[at + 5])
    redis.call('HSET', state, 'writer', token, 'serial', serial)
    note_status(state, status, ARGV[at + 4], ARGV[at + 5])
    trim(events, total)
    touched[index] = true
  end
end
for index in pairs(touched) do
  redis.call('PEXPIRE', KEYS[index * 2], ARGV[3])
  redis.call('PEXPIRE', KEYS[index * 2 + 1], ARGV[3])
end
local reply = { 1 }
for index in pairs(missing) do
  table.insert(reply, index)
end
return reply

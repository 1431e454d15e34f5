#!lua flags=allow-oom
-- Takes answers out of the index, those that have ended or will end first, until all have at most `limit` bytes and
-- `bytes` are free.
-- KEYS: index, sizes. ARGV: limit, bytes. Returns the members, whose answers `answers_drop.lua` deletes.

local limit, bytes = tonumber(ARGV[1]), tonumber(ARGV[2])
local MOST = 1000 -- members at a time
local total = tonumber(redis.call('HGET', KEYS[2], 'total')) or 0
local evicted, freed = {}, 0
while (total > limit or freed < bytes) and #evicted < MOST do
  local oldest = redis.call('ZPOPMIN', KEYS[1])
  if #oldest == 0 then
    redis.call('DEL', KEYS[2]) -- whatever something else has written there
    return evicted
  end
  local size = tonumber(redis.call('HGET', KEYS[2], oldest[1])) or 0
  redis.call('HDEL', KEYS[2], oldest[1])
  total, freed = total - size, freed + size
  evicted[#evicted + 1] = oldest[1]
end
if #evicted > 0 then
  redis.call('HSET', KEYS[2], 'total', string.format('%.0f', math.max(total, 0)))
end
return evicted

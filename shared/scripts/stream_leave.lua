-- Notes that a replica follows nothing any more, and frees the lease if it has it.
-- KEYS: owner, replicas, interest, control, news
-- ARGV: replica, token or '', ms to retain
local clock = redis.call('TIME')
local us = clock[1] * 1000000 + clock[2]
local is_changed = redis.call('HDEL', KEYS[3], ARGV[1]) == 1
redis.call('ZREM', KEYS[2], ARGV[1])
if ARGV[2] ~= '' and redis.call('HGET', KEYS[1], 'token') == ARGV[2] then
  redis.call('DEL', KEYS[1])
  is_changed = true
end
if is_changed then
  local version = math.max((tonumber(redis.call('HGET', KEYS[4], 'version')) or 0) + 1, us)
  redis.call('HSET', KEYS[4], 'version', string.format('%.0f', version))
  redis.call('XADD', KEYS[5], 'MAXLEN', 1, '*', 'v', 1)
  redis.call('PEXPIRE', KEYS[4], ARGV[3])
  redis.call('PEXPIRE', KEYS[5], ARGV[3])
end
return 1

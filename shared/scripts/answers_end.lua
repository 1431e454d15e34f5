#!lua flags=allow-oom
-- Ends a lease without an answer: with the failure that those who wait for it get, or given up.
-- KEYS: lease. ARGV: owner, member of the index, channel, failure ('' if the lease is given up).

local lease = redis.call('HMGET', KEYS[1], 'owner', 'token', 'waiting')
if lease[1] ~= ARGV[1] then
  return 0
end
redis.call('HDEL', KEYS[1], 'owner', 'token', 'until', 'waiting', 'priority', 'urgent')
if ARGV[4] ~= '' and lease[3] then
  redis.call('HSET', KEYS[1], 'failed', lease[2], 'failure', ARGV[4])
  redis.call('PEXPIRE', KEYS[1], 5000)
end
if lease[3] then
  redis.call('PUBLISH', ARGV[3], ARGV[2])
end
return 1

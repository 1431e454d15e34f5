-- Deletes the stream of a channel that nobody follows any more. Returns whether it did.
-- KEYS: owner, control, state, events
-- ARGV: token, version of the channels of all, as it was when nobody followed it
local version = redis.call('HGET', KEYS[2], 'version') or '0'
if redis.call('HGET', KEYS[1], 'token') ~= ARGV[1] or version ~= ARGV[2] then
  return 0
end
redis.call('DEL', KEYS[3], KEYS[4])
return 1

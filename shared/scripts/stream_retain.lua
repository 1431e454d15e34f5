-- Retains the streams of quiet channels. Returns 0 for a former owner, else 1 and the indexes of missing streams.
-- KEYS: owner, then state and events of each channel
-- ARGV: token, ms to retain
if redis.call('HGET', KEYS[1], 'token') ~= ARGV[1] then
  return { 0 }
end
local reply = { 1 }
for index = 1, (#KEYS - 1) / 2 do
  if redis.call('PEXPIRE', KEYS[index * 2], ARGV[2]) == 0 then
    table.insert(reply, index)
  end
  redis.call('PEXPIRE', KEYS[index * 2 + 1], ARGV[2])
end
return reply

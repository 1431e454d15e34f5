#!lua
-- Tries each command that the other scripts run, on entries of its own. Returns those that are refused, with the reason.
-- KEYS: value, hash, index, stream. ARGV: channel.

local value, hash, index, stream = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
local SECONDS = 10 -- for which an entry stays that cannot be deleted
local refused = {}
local function try(command, ...)
  local reply = redis.pcall(command, ...)
  if type(reply) == 'table' and reply.err then
    refused[#refused + 1] = command .. ': ' .. reply.err
  end
end

try('TIME')
try('SET', value, '1', 'EX', SECONDS)
try('GET', value)
try('EXISTS', value)
try('PEXPIRE', value, SECONDS * 1000)
try('PTTL', value)
try('PEXPIREAT', value, '1')
try('HSET', hash, 'field', '1')
try('HSETNX', hash, 'field', '1')
try('HINCRBY', hash, 'field', 1)
try('HGET', hash, 'field')
try('HMGET', hash, 'field')
try('HGETALL', hash)
try('HKEYS', hash)
try('HVALS', hash)
try('HLEN', hash)
try('HEXISTS', hash, 'field')
try('HDEL', hash, 'field')
try('ZADD', index, 1, 'member')
try('ZSCORE', index, 'member')
try('ZCARD', index)
try('ZRANGEBYSCORE', index, 0, 1)
try('ZREM', index, 'member')
try('ZPOPMIN', index)
try('XADD', stream, '1-1', 'field', '1')
try('XRANGE', stream, '-', '+')
try('XREVRANGE', stream, '+', '-')
try('XDEL', stream, '1-1')
try('PUBLISH', ARGV[1], '')
try('DEL', value, hash, index, stream)
return refused

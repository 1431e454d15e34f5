-- Runs the exchange. A state that it cannot work with, since something else has written it, is lost like all data are.

local packed = redis.pcall("GET", KEYS[1])
if type(packed) == "table" and not packed.err:find("WRONGTYPE") then
  return packed
end

local function attempt()
  state = packed and cmsgpack.unpack(packed)
  return exchange()
end

local succeeded, result = pcall(attempt)
if not succeeded then
  state, me, is_replaced = nil, nil, true
  succeeded, result = pcall(exchange)
end
if not succeeded then
  error(result)
end
return result

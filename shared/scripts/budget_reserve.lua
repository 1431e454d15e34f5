-- Reserves parts of a caller's budget for operations of one replica, and corrects what the replica has spent.
--
-- A window is a hash: when it ends, the total spent, of it what is `lost` (spent by replicas whose figures the store has
-- lost), and of each replica what it has spent, which it states anew each time, with the number of its statement.
--
-- KEYS: the windows.
-- ARGV: the replica; the number of its statement; for each window WIDTH figures: whether it counts calls (1) or values
-- (2), its milliseconds, its limit, when it ends as far as the replica knows (0 if no script has told), in how many
-- milliseconds otherwise, what the replica has spent in it, and the last total that it was told; for each operation its calls
-- and values.
-- Returns for each window when it ends (0 if it has not begun), in how many milliseconds, the total, and 1 if it is the
-- one that the replica knew; then for each operation 0, or the index of the first window that has no room for it.
local WIDTH = 7
local replica, statement = ARGV[1], tonumber(ARGV[2])
local time = redis.call('TIME')
local now = math.floor(time[1] * 1000 + time[2] / 1000)

local function text(number)
  return string.format('%.0f', number)
end

local function read(index)
  local at = 2 + (index - 1) * WIDTH
  local figures = {}
  for offset = 1, WIDTH do
    figures[offset] = tonumber(ARGV[at + offset])
  end
  local unit, length, limit, ends, left, spent, last_total = unpack(figures)
  local stored = redis.call('HMGET', KEYS[index], 'ends', 'total', 'lost', replica, replica .. ':statement')
  if tonumber(stored[5] or 0) >= statement then
    return nil -- a statement that arrives late
  end
  if ends == 0 and left > 0 then
    ends = now + left
  end
  local is_known = ends > now and (spent > 0 or last_total > 0)
  local window = { unit = unit, limit = limit, is_begun = true }
  window.ends, window.total, window.lost = tonumber(stored[1] or 0), tonumber(stored[2] or 0), tonumber(stored[3] or 0)
  local before = stored[4] and tonumber(stored[4]) -- false if nothing of the replica is stored
  if window.ends <= now then
    if stored[1] then -- after a first write nothing would be refused for want of memory
      redis.call('DEL', KEYS[index])
    end
    if is_known then -- the store has lost it
      window.ends, window.total = ends, math.max(last_total, spent)
      window.lost, before = window.total - spent, spent
    else
      window.ends, window.total, window.lost, before, window.is_begun = now + length, 0, 0, false, false
    end
  elseif is_known then
    window.ends = math.max(window.ends, ends)
  end
  window.continues = is_known or ends == window.ends
  window.spent = window.continues and spent or 0
  local more = window.spent - (before or 0)
  if not before and more > 0 then -- the replica states what may be counted as lost
    local counted = math.min(more, window.lost)
    window.lost, more = window.lost - counted, more - counted
  end
  window.total = window.total + more
  if not before and window.spent > 0 and last_total > window.total then
    window.lost, window.total = window.lost + last_total - window.total, last_total
  end
  return window
end

local windows = {}
for index = 1, #KEYS do
  windows[index] = read(index)
  if not windows[index] then
    return {}
  end
end

local verdicts = {}
for at = 2 + #KEYS * WIDTH + 1, #ARGV, 2 do
  local amounts, verdict = { tonumber(ARGV[at]), tonumber(ARGV[at + 1]) }, 0
  for index, window in ipairs(windows) do
    local amount = amounts[window.unit]
    if verdict == 0 and amount > 0 and window.total + amount > window.limit then
      verdict = index
    end
  end
  if verdict == 0 then
    for _, window in ipairs(windows) do
      window.is_begun = true
      window.total, window.spent = window.total + amounts[window.unit], window.spent + amounts[window.unit]
    end
  end
  verdicts[#verdicts + 1] = verdict
end

local result = {}
for index, window in ipairs(windows) do
  if window.is_begun then
    redis.call('HSET', KEYS[index], 'ends', text(window.ends), 'total', text(window.total), 'lost', text(window.lost),
      replica, text(window.spent), replica .. ':statement', text(statement))
    redis.call('PEXPIREAT', KEYS[index], text(window.ends))
    result[index] = { window.ends, window.ends - now, window.total, window.continues and 1 or 0 }
  else
    result[index] = { 0, 0, 0, 0 }
  end
end
for _, verdict in ipairs(verdicts) do
  result[#result + 1] = verdict
end
return result

-- Releases: when slots are free again, in the order of time. Each entry of a list is {time, total}: as many slots as its
-- total are free by then. The script stops the whole store while it runs, so it must not take longer the more slots there
-- are: a replica that was killed may leave very many.

local NONE = {total = 0}

local function append(list, time, number)
  list.total = list.total + number
  list[#list + 1] = {time, list.total}
end

local function in_order(counts)
  table.sort(counts, function(a, b) return a[1] < b[1] end)
  local list = {total = 0}
  for _, count in ipairs(counts) do
    append(list, count[1], count[2])
  end
  return list
end

-- Return when so many slots of the list are free; nil if it has fewer.
local function time_of(list, number)
  if number < 1 or number > list.total then
    return nil
  end
  local low, high = 1, #list
  while low < high do
    local middle = math.floor((low + high) / 2)
    if list[middle][2] < number then
      low = middle + 1
    else
      high = middle
    end
  end
  return list[low][1]
end

local function number_until(list, time)
  local number = 0
  for _, entry in ipairs(list) do
    if entry[1] > time then
      break
    end
    number = entry[2]
  end
  return number
end

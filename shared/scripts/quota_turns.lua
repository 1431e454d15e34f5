-- Clients: by whom calls take turns, and who have shares of the quota while several are active.

local function see(client, weight)
  local entry = state.clients[client] or {pass = state.turn, weight = 1, waits = false}
  state.clients[client] = entry
  entry.seen, entry.weight = now, weight or entry.weight
end

local function forget_clients()
  local seen = {}
  for name, client in pairs(state.clients) do
    if now - client.seen > ACTIVE then
      state.clients[name] = nil
    else
      seen[#seen + 1] = name
    end
  end
  if #seen > MAX_CLIENTS then
    table.sort(seen, function(a, b) return state.clients[a].seen > state.clients[b].seen end)
    for at = MAX_CLIENTS + 1, #seen do
      state.clients[seen[at]] = nil
    end
  end
end

-- Headers: as QuotaWindow.correct.

local function all_counts()
  local lists = {state.orphans, state.strangers}
  for _, member in pairs(state.members) do
    lists[#lists + 1] = member.counts
  end
  return lists
end

local function usage()
  local used, leased, set_aside = total(state.orphans, 3) + total(state.strangers, 3), 0, 0
  local shares, has_unknown = 0, false
  for _, member in pairs(state.members) do
    local use = in_use(member)
    shares, has_unknown = shares + share(member), has_unknown or not member.share_divisor
    used, leased = used + use, leased + member.leased
    if uses_its_share(member) then
      set_aside = set_aside + math.max(0, share(member) - use - member.leased)
    end
  end
  if has_unknown then
    set_aside = set_aside + state.limit - shares
  end
  return used, leased, set_aside
end

local function remove_first(number)
  local releases = {}
  for _, counts in ipairs(all_counts()) do
    for _, count in ipairs(counts) do
      releases[#releases + 1] = count
    end
  end
  table.sort(releases, function(a, b) return a[1] < b[1] end)
  for _, count in ipairs(releases) do
    local removed = math.min(number, count[3])
    count[3], number = count[3] - removed, number - removed
  end
end

local function correct(started_ago, used_header)
  local used, _, set_aside = usage()
  local strangers = math.min(used_header, state.limit) - used - set_aside
  if strangers > 0 then
    add(state.strangers, now + MINUTE, SYSTEM, strangers)
  end
  local ended = 0
  for _, counts in ipairs(all_counts()) do
    for _, count in ipairs(counts) do
      if count[1] < now - started_ago + MINUTE then
        ended = ended + count[3]
      end
    end
  end
  remove_first(math.max(0, ended - math.max(0, used_header - 1)))
end

-- Turns: which waiting calls may start now, and when the others could, if each is answered at once.

-- Return the releases of the calls of each client, and those of all together.
local function client_use()
  local uses, all = {}, {}
  local function note(client, release, number)
    local count = {release, number}
    uses[client] = uses[client] or {}
    table.insert(uses[client], count)
    table.insert(all, count)
  end
  for _, counts in ipairs(all_counts()) do
    for _, count in ipairs(counts) do
      note(count[2], count[1] > now and count[1] or now + MINUTE, count[3]) -- a silent member may have used it again
    end
  end
  for _, member in pairs(state.members) do
    for _, calls in ipairs(member.in_flight) do
      note(calls[1], now + MINUTE, calls[2])
    end
  end
  for client, counts in pairs(uses) do
    uses[client] = in_order(counts)
  end
  return uses, in_order(all)
end

local function waiting_calls()
  local calls, number, members = {}, 0, 0
  for _, member in pairs(state.members) do
    if not member.alone and member.registered and now - member.seen <= FRESH then
      members = members + 1
    end
  end
  for _, member in pairs(state.members) do
    if not member.alone and member.registered and now - member.seen <= FRESH then
      local left = math.ceil(MAX_STEPS / members)
      for at, group in ipairs(member.waiting) do
        local client, priority, count, oldest, newest = unpack(group)
        if not state.clients[client] then -- it was forgotten since, for others that were seen later
          see(client)
        end
        calls[client] = calls[client] or {}
        for item = 1, math.min(count, left) do
          local since = count > 1 and oldest + (newest - oldest) * (item - 1) / (count - 1) or oldest
          table.insert(calls[client], {client = client, priority = priority, since = since, member = member, group = at})
        end
        number, left = number + math.min(count, left), left - math.min(count, left)
      end
    end
  end
  for _, items in pairs(calls) do
    table.sort(items, function(a, b)
      if a.priority ~= b.priority then
        return a.priority < b.priority
      end
      return a.since < b.since
    end)
  end
  return calls, number
end

-- Return what the weights of all active clients add up to, or nil if no client has a share.
local function weight_of_all()
  local clients, weights = 0, 0
  for name, entry in pairs(state.clients) do
    if name ~= SYSTEM then
      clients, weights = clients + 1, weights + entry.weight
    end
  end
  return request.excess_fraction < 1 and clients > 1 and weights or nil
end

local function room_of(client, uses, weights)
  if client == SYSTEM or not weights then
    return math.huge
  end
  return math.max(1, math.floor(state.limit * state.clients[client].weight / weights)) - (uses[client] or NONE).total
end

-- Return by class the calls that could wait next, one of each candidate: behind all others of their client that are as
-- urgent. `pass_of` returns the pass of a client before it takes its turns in the class.
local function next_calls(class, calls, uses, weights, pass_of)
  local list = {}
  for _, candidate in ipairs(request.candidates) do
    local client, priority = candidate[1], candidate[2]
    local entry = state.clients[client]
    if entry and (priority == class or class == EXCESS) then
      local before, as_urgent = 0, 0
      for _, item in ipairs(calls[client] or {}) do
        before = before + (item.priority <= priority and 1 or 0)
        as_urgent = as_urgent + (item.priority == priority and 1 or 0)
      end
      local room = room_of(client, uses, weights)
      local in_class = before + 1 <= room and priority or EXCESS
      if in_class == class then
        local turns = class == EXCESS and before - math.max(0, math.min(room, before)) or as_urgent
        table.insert(list, {
          client = client, priority = priority, class = class, before = before, room = room,
          pass = pass_of(client, entry) + turns / entry.weight,
        })
      end
    end
  end
  table.sort(list, function(a, b)
    if a.pass ~= b.pass then
      return a.pass < b.pass
    end
    return a.client < b.client
  end)
  return list
end

local function exchange_turns(limit, reserves, reply)
  local used, leased = usage()
  local occupied, is_blocked, first = used + leased, false, nil
  local calls, number = waiting_calls()
  local has_candidates = request.candidates[1] ~= nil
  local weights, uses, releases = weight_of_all(), {}, {total = 0}
  if number > 0 or has_candidates then
    uses, releases = client_use()
  end
  local revoked_at = now + LATE -- what others may use without asking is revoked by then
  local sooner = number_until(releases, revoked_at)
  local function release_of(index) -- those that are leased come all at once
    if index > sooner then
      return index <= sooner + leased and revoked_at or time_of(releases, index - leased)
    end
    return time_of(releases, index)
  end
  local earliest = math.max(now, state.paused_until)
  local function available_at(reserve)
    local over = releases.total + leased - (limit - reserve)
    if over < 0 then
      return earliest
    end
    return math.max(earliest, release_of(over + 1) or now + MINUTE)
  end
  local queues = {[0] = {}, {}, {}, {}}
  for client, items in pairs(calls) do
    local entry = state.clients[client]
    if not entry.waits then
      entry.waits, entry.pass = true, math.max(entry.pass, state.turn)
    end
    local room = room_of(client, uses, weights)
    for before, item in ipairs(items) do
      item.before, item.room = before - 1, room
      item.class = before <= room and item.priority or EXCESS
      local queue = queues[item.class]
      queue[client] = queue[client] or {pass = entry.pass, step = 1 / entry.weight, at = 1, name = client}
      table.insert(queue[client], item)
    end
  end
  local passes, turn = {}, state.turn -- before this exchange grants anything
  local function next_of(queue)
    local best
    for client, items in pairs(queue) do
      local pass = passes[client] or items.pass
      if items[items.at] and (not best or pass < best.pass or (pass == best.pass and client < best.items.name)) then
        best = {items = items, pass = pass}
      end
    end
    return best
  end
  local function forecast(item, reserve)
    local at = available_at(reserve)
    if item.class ~= EXCESS then
      return at
    end
    local list, missing = uses[item.client] or NONE, item.before + 1 - item.room
    local back = math.max(time_of(list, missing) or now + MINUTE, available_at(reserves[item.priority]))
    return math.min(at, back)
  end
  local function pass_of(client, entry)
    return passes[client] or (entry.waits and entry.pass or math.max(entry.pass, turn))
  end
  local granted, forecasts = {}, {}
  for class = 0, EXCESS do
    local queue, best = queues[class], nil
    local nexts, at_next = next_calls(class, calls, uses, weights, pass_of), 1
    if has_candidates then
      reply.opens_in[class + 1] = available_at(reserves[class]) - now
    end
    repeat
      best = next_of(queue)
      local item = nexts[at_next]
      while item and not (best and (best.pass < item.pass
          or (best.pass == item.pass and best.items.name < item.client))) do
        local seconds = forecast(item, reserves[class]) - now -- takes no slot: it does not wait
        table.insert(reply.openings, {item.client, item.priority, seconds, class == EXCESS})
        at_next = at_next + 1
        item = nexts[at_next]
      end
      if best then
        local item = best.items[best.items.at]
        best.items.at = best.items.at + 1
        passes[item.client] = best.pass + best.items.step
        local at = forecast(item, reserves[class])
        append(releases, available_at(reserves[class]) + MINUTE, 1)
        if at <= now then
          occupied = occupied + 1
        else
          is_blocked = true
        end
        if item.member == me then
          if at <= now then
            granted[item.group] = (granted[item.group] or 0) + 1
            local entry = state.clients[item.client]
            state.turn = math.max(state.turn, entry.pass)
            entry.pass = entry.pass + best.items.step
          else
            local list = forecasts[item.group] or {in_share = 0, times = {}}
            forecasts[item.group] = list
            list.in_share = list.in_share + (class == EXCESS and 0 or 1)
            table.insert(list.times, at - now)
            first = math.min(first or at, at)
          end
        end
      end
    until not best
  end
  for at, group in ipairs(me.waiting) do
    if granted[at] then
      table.insert(reply.granted, {group[1], group[2], granted[at]})
      table.insert(me.in_flight, {group[1], granted[at]})
      group[3] = group[3] - granted[at]
    end
    if forecasts[at] then
      table.insert(reply.forecasts, {group[1], group[2], forecasts[at].in_share, forecasts[at].times})
    end
  end
  for client, entry in pairs(state.clients) do
    entry.waits = calls[client] ~= nil
  end
  reply.next = first and first - now
  return occupied, is_blocked
end

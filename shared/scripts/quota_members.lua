-- One exchange of a replica (a member) with the quota of requests a minute that all replicas share.
-- KEYS[1]: the state. ARGV[1]: the request. Both, and the reply, are in MessagePack; see shared/quota/messages.py.
-- Times are seconds of the store's clock; docs/shared-quota.md has the argument why the limit is never exceeded.

local MINUTE = 60
local STEP = 0.25 -- to which the ends of calls are rounded up, so that many of them are one entry
local SILENT = 3 -- seconds without contact after which a member may be alone
local LATE = 1 -- seconds after which a request is no longer executed: its sender has given up
local FRESH = 2 -- seconds for which the calls that wait count as waiting
local ACTIVE = 300 -- seconds after its last call in which a client counts as active
local SLOWEST = 0.98 -- of a second is what a replica's clock may take for one
local MAX_CLIENTS = 1000
local MAX_STEPS = 2000 -- of a forecast
local LIFETIME = 86400 -- seconds, of a state with members and of the age of the store
local REVIEW = 3600 -- seconds after which the age of the store is looked at again
local EXCESS = 3 -- the priority of calls beyond the share of their client
local SYSTEM = "" -- the client that has no share

local time = redis.call("TIME")
local now = tonumber(time[1]) + tonumber(time[2]) / 1e6
local request = cmsgpack.unpack(ARGV[1])
local state -- which quota_run.lua reads
local is_replaced = false -- whether that was unreadable
local me -- the member that sends the request

-- A state without members lasts as long as something counts, so that keys that anybody may send do not fill the store.
local function lifetime()
  if next(state.members) then
    return LIFETIME
  end
  local last = math.max(state.paused_until, state.unknown_until)
  for _, counts in ipairs({state.orphans, state.strangers}) do
    last = counts[1] and math.max(last, counts[#counts][1]) or last
  end
  return math.max(1, math.ceil(last - now))
end

-- Return for how many seconds the store has lost nothing, as far as it knows. A restart and a failover change the id of
-- its replication. One entry for each node: in a Cluster, the first name of which the slot is on this node.
local function age_of_store()
  local info = redis.pcall("INFO", "replication", "stats")
  local id = type(info) == "string" and info:match("master_replid:(%x+)")
  local evicted = id and info:match("evicted_keys:(%d+)")
  for slot = 1, evicted and 100 or 0 do
    local name = "cg:{" .. slot .. "}:age"
    local noted = redis.pcall("GET", name)
    if type(noted) ~= "table" then -- an error
      local since, history = (noted or ""):match("^(%S+) (.*)$")
      since = tonumber(since)
      if not since or since > now or history ~= id .. " " .. evicted then
        since = now
      end
      redis.pcall("SET", name, string.format("%.6f %s %s", since, id, evicted), "EX", LIFETIME)
      return now - since
    end
  end
  return 0
end

local function finish(reply)
  if math.abs(now - (state.reviewed or 0)) > REVIEW then
    age_of_store()
    state.reviewed = now
  end
  local refused = redis.pcall("SET", KEYS[1], cmsgpack.pack(state), "EX", lifetime())
  if refused.err then
    return refused
  end
  reply.time, reply.is_replaced = now, is_replaced
  return cmsgpack.pack(reply)
end

-- Counts: lists of {until, client, number} in ascending order of their times.

local function add(counts, release, client, number)
  if number == 0 then
    return
  end
  release = math.ceil(release / STEP) * STEP
  local at = #counts
  while at > 0 and counts[at][1] >= release do
    if counts[at][1] == release and counts[at][2] == client then
      counts[at][3] = counts[at][3] + number
      return
    end
    at = at - 1
  end
  table.insert(counts, at + 1, {release, client, number})
end

local function after(counts, time)
  if not counts[1] or counts[1][1] > time then
    return counts
  end
  local rest = {}
  for _, count in ipairs(counts) do
    if count[1] > time then
      rest[#rest + 1] = count
    end
  end
  return rest
end

local function total(counts, at)
  local sum = 0
  for _, count in ipairs(counts) do
    sum = sum + count[at]
  end
  return sum
end

-- Members. `leased`: slots that it may use without asking. `share_divisor`: its safe share is the limit divided by this;
-- 0 is none, nil is unknown, as after a loss of data: of those members it is only sure that all shares together are the
-- limit.

local function share(member)
  return (member.share_divisor or 0) > 0 and math.floor(state.limit / member.share_divisor) or 0
end

local function in_use(member)
  return total(member.in_flight, 2) + total(member.counts, 3)
end

local function is_silent(member)
  return now - member.seen > SILENT
end

local function uses_its_share(member)
  return member.alone or not member.registered or is_silent(member)
end

local function new_member(boot)
  return {
    boot = boot, seq = 0, seen = now, acked = 0, joined = 0, alone = true, registered = false,
    in_flight = {}, leased = 0, counts = {}, waiting = {},
  }
end

local function remove(name)
  state.members[name] = nil
  state.version = state.version + 1
end

-- A member that has ended now, or earlier: what counts of its calls, and of those that it may have started while alone.
local function retire(name, member)
  local is_certain = not member.alone and now - member.seen < request.grant_lifetime_seconds - SILENT
  local unreported = is_certain and 0 or math.max(0, share(member) - in_use(member) - member.leased)
  add(state.orphans, now + MINUTE, SYSTEM, member.leased + unreported)
  for _, calls in ipairs(member.in_flight) do
    add(state.orphans, now + MINUTE, calls[1], calls[2])
  end
  for _, count in ipairs(member.counts) do
    add(state.orphans, count[1] > now and count[1] or now + MINUTE, count[2], count[3])
  end
  remove(name)
end

-- Recovery: after a loss of data nothing is granted until every member has reported, or all that it may have used is over.

local function start_recovery()
  for _, member in pairs(state.members) do
    member.registered, member.share_divisor = false, nil
  end
  state.has_names = true
  state.recovered_at = now + request.grant_lifetime_seconds
end

-- The clock was set back: everything lasts as long as it did at the last exchange.
local function set_back()
  local seconds = state.last - now
  for _, name in ipairs({"paused_until", "unknown_until", "recovered_at"}) do
    state[name] = math.max(0, state[name] - seconds)
  end
  local lists = {state.orphans, state.strangers}
  for _, member in pairs(state.members) do
    lists[#lists + 1] = member.counts
    member.seen, member.born = member.seen - seconds, member.born and member.born - seconds
  end
  for _, counts in ipairs(lists) do
    for _, count in ipairs(counts) do
      count[1] = count[1] - seconds
    end
  end
  for _, client in pairs(state.clients) do
    client.seen = client.seen - seconds
  end
end

local function new_state()
  local is_first = request.replied_at == nil
  local seconds = is_first and request.recovery_seconds or request.grant_lifetime_seconds
  if age_of_store() >= request.grant_lifetime_seconds and is_first and not is_replaced then -- what was granted before a loss of data is over
    seconds = 0
  end
  return {
    version = 1, created = now, last = now, reviewed = now, limit = request.limit, stated = request.stated,
    paused_until = 0, pause_reason = 0, recovered_at = now + seconds,
    unknown_until = 0, has_names = not is_first, members = {}, orphans = {}, strangers = {}, clients = {}, turn = 0,
  }
end

local function recovers_in()
  local until_when = state.recovered_at
  if state.has_names then
    local complete = true
    for _, member in pairs(state.members) do
      complete = complete and member.registered
    end
    until_when = complete and 0 or until_when
  end
  return math.max(until_when, state.unknown_until) - now
end

local function is_ready()
  if recovers_in() > 0 then
    return false
  end
  for _, member in pairs(state.members) do
    if member ~= me and member.registered and not is_silent(member) and member.acked < me.joined then
      return false
    end
  end
  return true
end

-- The predecessor of a process had the same name, and may have used slots that nobody can report any more.
local function note_predecessor(member)
  state.unknown_until = math.max(state.unknown_until, member.born + MINUTE)
end

-- Take from a member what it knows of others from before the state was lost.
local function restore()
  for _, peer in ipairs(request.peers) do
    local name, boot = peer[1], peer[2]
    local member = state.members[name]
    if member and member.registered and member.boot ~= boot then
      note_predecessor(member)
    end
    state.members[name] = member or new_member(boot)
  end
  state.has_names = true
  state.unknown_until = math.max(state.unknown_until, now + request.unreported_for)
  if state.recovered_at > now then
    state.recovered_at = math.max(state.recovered_at, now + request.grant_lifetime_seconds)
  end
end

local function register()
  if request.replied_at and request.created ~= state.created then
    restore()
  end
  me = state.members[request.replica] or new_member(request.boot)
  if not (me.registered and me.alone) then
    state.version = state.version + 1
    me.joined = state.version
  end
  state.members[request.replica] = me
  if request.stated and not state.stated then -- after a loss of data, one that only assumes a limit may come first
    state.limit, state.stated = request.limit, true
  end
  me.born = now - request.age * SLOWEST
  if me.boot ~= request.boot then
    note_predecessor(me)
  end
  me.boot, me.alone, me.registered, me.share_divisor, me.counts = request.boot, true, true, request.share_divisor, {}
end

-- The safe share of each member: all of them together never exceed the limit, as each of them believes them to be.

local function offer_share_divisor()
  local free, members = 1, 0
  for _, member in pairs(state.members) do
    members = members + 1
    if not member.share_divisor then
      me.share_divisor = request.share_divisor
      return request.share_divisor
    end
    if member ~= me and member.share_divisor > 0 then
      free = free - 1 / member.share_divisor
    end
  end
  local divisor = 0
  if members * free >= 1 - 1e-9 then
    divisor = members
  elseif free > 1e-3 then
    divisor = math.ceil(1 / free - 1e-9)
  end
  local is_less = request.share_divisor > 0 and (divisor == 0 or divisor > request.share_divisor)
  me.share_divisor = is_less and request.share_divisor or divisor -- until it confirms that it has read of less
  return divisor
end

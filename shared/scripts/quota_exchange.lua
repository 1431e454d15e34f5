-- The exchange: the body of a function.

if not state then
  if not request.alone then
    return cmsgpack.pack({status = "unknown", time = now})
  end
  state = new_state()
end
if state.last - now > LATE then
  set_back()
  start_recovery()
elseif now - state.last > SILENT then
  start_recovery()
end
state.last = now

for _, member in pairs(state.members) do -- a silent one may use a slot again
  member.counts = after(member.counts, math.min(now, member.seen + SILENT))
end
me = state.members[request.replica]
if me and me.registered and me.boot ~= request.boot then
  if not is_silent(me) then
    return cmsgpack.pack({status = "busy", time = now})
  end
  retire(request.replica, me)
  me = nil
elseif me and me.boot == request.boot then
  if request.seq <= me.seq then
    return cmsgpack.pack({status = "late", time = now})
  end
  if request.acked > me.seq and me.seq > 0 then -- the state is an older one
    start_recovery()
    state.created = now
  end
end

for name, member in pairs(state.members) do
  local silence = name == request.replica and 0 or now - member.seen
  if silence > request.grant_lifetime_seconds then -- it may use its share, and nothing else
    member.in_flight, member.counts, member.leased = {}, {}, 0
  end
  if silence > request.member_lifetime_seconds then
    remove(name)
  end
end
state.orphans, state.strangers = after(state.orphans, now), after(state.strangers, now)

if request.alone then
  register()
elseif not me or not me.registered or is_silent(me) or me.boot ~= request.boot or now - request.sent > LATE then
  return finish({status = "unknown"})
end

me.seq, me.seen, me.acked, me.leased, me.in_flight = request.seq, now, request.version, request.leased, request.in_flight
for _, ended in ipairs(request.ended) do
  add(me.counts, now - ended[1] * SLOWEST + MINUTE, ended[2], 1)
  see(ended[2])
end
for _, calls in ipairs(me.in_flight) do
  see(calls[1])
end
me.waiting = {}
for at, group in ipairs(request.waiting) do
  local client, priority, weight, count, oldest, newest = unpack(group)
  see(client, weight)
  me.waiting[at] = {client, priority, count, now - oldest, now - newest}
end
for _, candidate in ipairs(request.candidates) do
  see(candidate[1], candidate[3])
end
forget_clients()

if request.learned > 0 then
  state.limit, state.stated = request.learned, true
end
state.at_least = math.max(state.at_least or 0, request.at_least)
if state.at_least > state.limit and not state.stated then
  state.limit = state.at_least
end
if request.pause > 0 and now + request.pause > state.paused_until then
  state.paused_until, state.pause_reason = now + request.pause, request.pause_reason
end
for _, correction in ipairs(request.corrections) do
  correct(correction[1], correction[2])
end

if request.leave then
  me.alone = false -- it has reported all
  retire(request.replica, me)
  return finish({status = "left"})
end

local reply = {
  status = "ok", created = state.created, limit = state.limit, stated = state.stated, at_least = state.at_least,
  version = state.version, members = 0, pause = math.max(0, state.paused_until - now), pause_reason = state.pause_reason, granted = {}, forecasts = {},
  openings = {}, opens_in = {},
}
local unreported_until = math.max(state.unknown_until, state.has_names and 0 or state.recovered_at)
if state.orphans[1] then
  unreported_until = math.max(unreported_until, state.orphans[#state.orphans][1])
end
reply.unreported_for = math.max(0, unreported_until - now)
if request.version ~= state.version then
  reply.peers = {}
end
for name, member in pairs(state.members) do
  reply.members = reply.members + 1
  if reply.peers and member ~= me then
    table.insert(reply.peers, {name, member.boot})
  end
end

if request.alone then
  reply.ready, reply.recovers_in, reply.share_divisor = is_ready(), math.max(0, recovers_in()), me.share_divisor
  reply.used, reply.leased = 0, 0
  return finish(reply)
end

me.alone = false
reply.ready, reply.recovers_in, reply.share_divisor = true, 0, offer_share_divisor()
local used, leased, set_aside = usage()
local limit = state.limit - set_aside
local reserve = math.floor(state.limit / 5)
local reserves = {[0] = 0, reserve, reserve, reserve}
if weight_of_all() then
  local beyond = math.min(state.limit - math.floor(state.limit * request.excess_fraction), state.limit - 1)
  reserves[EXCESS] = math.max(beyond, reserve)
end
local occupied, is_blocked = exchange_turns(limit, reserves, reply)

local spare = limit - occupied - reserves[EXCESS]
-- Half of what is free: one that is killed leaves its slots unused for a minute, and so may the next.
local even = math.ceil(math.max(0, spare + leased) / (2 * reply.members))
local most = is_blocked and 0 or math.max(0, math.min(share(me) - in_use(me), even))
reply.leased = math.max(0, math.min(request.leased + spare, most))
me.leased = math.max(request.leased, reply.leased)

reply.used = used
local last
for _, counts in ipairs(all_counts()) do
  local count = counts[#counts]
  last = count and math.max(last or 0, count[1]) or last
end
for _, member in pairs(state.members) do
  last = total(member.in_flight, 2) > 0 and now + MINUTE or last
end
reply.resets_in = last and last - now
if leased > request.leased and is_blocked then -- what others may use without asking comes back soon
  reply.next = math.min(reply.next or STEP, STEP)
end
return finish(reply)

// The one script in which Redis asks all gates with state, reserves, and gives back. A text in a module, so that the
// built package carries it. What it keeps and how it decides is the law of `fleet-book.ts` and `gates/`, in Lua; one
// suite holds both to the same verdicts.

/** A digest of it names what an engine understands of the keys: one of another version begins with keys of its own. */
export const admitScript = `
-- Asks the gates of a proposal for one fleet (or for a policy without one) in one atomic step, and keeps what they need.
--
-- KEYS  1  alive          there while this tag knows what the ledger knows; gone: everything was lost
--       2  decision       by id: the reply that was given, for whoever asks again
--       3  book           of the fleet, as MessagePack: changes, readings, last, tickets
--       4  acts           of a policy for a key: a sorted set, ids by event time
--       5  policy_status  of the policy: a hash for people
--       For restore: 1 alive, 2 book of what is real, 3 book of what is shadow, then decision and acts of each item.
--       All under one hash tag. All expire.
-- ARGV  1  operation: judge, commit, release, finish, restore, alive
--       2  its arguments, as JSON; now: a test's clock, else that of Redis is taken
-- Returns JSON {"state": "lost"} or {"state": "done"}; judge returns its reply: {"gate"?, "waiting"?, "ahead"?, "acts"?,
-- "view"?, "asked"?}, or what release or restore stored: {"outcome", "gate"?, "reason"?, "remaining"?}. The same id is
-- always answered the same, except while it waits, and before its commit when other numbers of members are asked.

local a = cjson.decode(ARGV[2])
local aliveMs, statusMs, changesMax, ticketsMax, ticketMs = 2592000000, 2592000000, 256, 256, 5000

local function clock()
  if a.now then return a.now end
  local time = redis.call('TIME')
  return tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
end
local now = clock()

local function done() return cjson.encode({ state = 'done' }) end

local function keep(key, ms)
  if redis.call('PTTL', key) < ms then redis.call('PEXPIRE', key, math.ceil(ms)) end
end

local function filter(list, holds)
  local kept = {}
  for _, one in ipairs(list) do if holds(one) then kept[#kept + 1] = one end end
  return kept
end

local function load(key)
  local text = redis.call('GET', key)
  if not text then return { changes = {}, readings = {}, tickets = {} } end
  return cmsgpack.unpack(text)
end

local function save(key, book, ms)
  if #book.changes + #book.readings + #book.tickets == 0 then
    redis.call('DEL', key)
    return
  end
  local left = redis.call('PTTL', key)
  redis.call('SET', key, cmsgpack.pack(book), 'PX', math.ceil(math.max(ms, left, 1)))
end

local function endOf(change)
  if change.finishedAt then return change.finishedAt end
  if now >= change.expiresAt then return change.expiresAt end
  return nil
end

local function without(list, id) return filter(list, function(one) return one.id ~= id end) end

local function find(list, id)
  for place, one in ipairs(list) do if one.id == id then return one, place end end
  return nil, nil
end

local function forget(book, perMs)
  book.changes = filter(book.changes, function(change)
    local ended = endOf(change)
    return ended == nil or ended + math.max(perMs, change.settleMs) > now
  end)
  book.tickets = filter(book.tickets, function(ticket) return ticket.askedAt + ticketMs > now end)
  while #book.readings > 1 and book.readings[2].at <= now - perMs do table.remove(book.readings, 1) end
end

local function isFresh(book, at)
  for _, change in ipairs(book.changes) do
    if not change.external and change.grows + change.shrinks > 0 and change.finishedAt and at < change.finishedAt then
      return false
    end
  end
  return true
end

local function explain(book, difference)
  local left = math.abs(difference)
  local unseen = difference > 0 and 'unseenUp' or 'unseenDown'
  for _, change in ipairs(book.changes) do
    local part = math.min(left, change[unseen])
    change[unseen] = change[unseen] - part
    left = left - part
  end
  return difference > 0 and left or -left
end

local function read(book, members, at, perMs, moment)
  local last = book.last
  if last and at < last.at and last.at > moment - perMs then return members == last.members and isFresh(book, at) end
  book.last = { at = at, members = members }
  if not last or last.at <= moment - perMs then
    book.readings = { { at = at, members = members } }
    return isFresh(book, at)
  end
  if members == last.members then return isFresh(book, at) end
  book.readings[#book.readings + 1] = { at = at, members = members }
  if #book.readings > changesMax then table.remove(book.readings, 2) end
  local unexplained = explain(book, members - last.members)
  if unexplained ~= 0 and #book.changes < changesMax then
    book.changes[#book.changes + 1] = {
      id = string.format('external %.17g', at), policy = '', priority = 0, direction = 'none',
      grows = math.max(0, unexplained), shrinks = math.max(0, -unexplained), settleMs = 0, external = true,
      finishedAt = moment, expiresAt = moment, unseenUp = 0, unseenDown = 0,
    }
  end
  return isFresh(book, at)
end

local function settleOf(book)
  local settle = nil
  for _, change in ipairs(book.changes) do
    local ended = endOf(change)
    if ended and ended + change.settleMs > now and (not settle or ended + change.settleMs > settle.untilAt) then
      settle = { policy = change.policy, untilAt = ended + change.settleMs }
    end
  end
  return settle
end

local function budgetOf(book, fleet, direction)
  local used, seen, nextAt = 0, 0, nil
  for _, change in ipairs(book.changes) do
    local members = direction == 'up' and change.grows or change.shrinks
    local ended = endOf(change)
    if members > 0 and (ended == nil or ended + fleet.perMs > now) then
      used = used + members
      if direction == 'up' then seen = seen + members - change.unseenUp end
      if ended then nextAt = math.min(nextAt or ended + fleet.perMs, ended + fleet.perMs) end
    end
  end
  local first = book.readings[1]
  local base = first and first.members or fleet.members or 0
  if direction == 'up' and fleet.members then base = math.min(base, fleet.members - seen) end
  return { used = used, allowed = math.max(0, math.floor(fleet.share * base + 1e-9)), nextAt = nextAt }
end

local function lockOf(book, fleet)
  if fleet.direction == 'none' then return nil end
  local lock = nil
  for _, change in ipairs(book.changes) do
    if not change.external and change.direction ~= 'none' and change.direction ~= fleet.direction then
      local ended = endOf(change)
      local untilAt = ended and ended + math.max(change.settleMs, fleet.perMs) or nil
      if untilAt == nil or untilAt > now then
        local found = { policy = change.policy, priority = change.priority, direction = change.direction, untilAt = untilAt }
        local stronger = lock == nil or found.priority > lock.priority
          or (found.priority == lock.priority and (found.untilAt or math.huge) > (lock.untilAt or math.huge))
        if stronger then lock = found end
      end
    end
  end
  return lock
end

local function aheadOf(book)
  local _, own = find(book.tickets, a.id)
  local ahead = 0
  for place, ticket in ipairs(book.tickets) do
    if ticket.id ~= a.id and (ticket.priority > a.priority
      or (ticket.priority == a.priority and (own == nil or place < own))) then ahead = ahead + 1 end
  end
  return ahead
end

local function look(book, fleet)
  forget(book, fleet.perMs)
  local outdated = false
  if fleet.counts and fleet.members then
    outdated = not read(book, fleet.members, now - fleet.readMsAgo, fleet.perMs, now)
  end
  local lease = nil
  for _, change in ipairs(book.changes) do
    if lease == nil and endOf(change) == nil and change.id ~= a.id then
      lease = { policy = change.policy, expiresAt = change.expiresAt }
    end
  end
  return {
    now = now, settle = settleOf(book), outdated = outdated,
    up = budgetOf(book, fleet, 'up'), down = budgetOf(book, fleet, 'down'),
    full = #book.changes >= changesMax, opposite = lockOf(book, fleet), lease = lease, ahead = aheadOf(book),
  }
end

local function lookAtActs(acts)
  local key = KEYS[4]
  local view = { recent = 0 }
  view.last = redis.call('ZREVRANGE', key, 0, 0, 'WITHSCORES')[2]
  if not acts.count then return view end
  local after = '(' .. string.format('%.17g', tonumber(acts.at) - acts.perMs)
  view.recent = redis.call('ZCOUNT', key, after, '+inf')
  if acts.count > 0 and view.recent >= acts.count then
    view.leaving = redis.call('ZRANGEBYSCORE', key, after, '+inf', 'WITHSCORES', 'LIMIT', view.recent - acts.count, 1)[2]
  end
  return view
end

local function addAct(key, id, acts)
  redis.call('ZADD', key, acts.at, id)
  redis.call('ZREMRANGEBYRANK', key, 0, -math.max(1, acts.count or 1) - 1)
  keep(key, acts.keepMs)
end

-- The gates with state, in their order; the name of the first that refuses.
local function refuse(acts, actsView, fleet, view)
  if fleet and (fleet.inTransition or view.settle or view.outdated) then return 'settling' end
  if acts then
    local last = tonumber(actsView.last)
    if last and acts.cooldownMs > 0 and tonumber(acts.at) < last + acts.cooldownMs then return 'cooldown' end
    if acts.count and actsView.recent >= acts.count then return 'limit' end
  end
  if not fleet then return nil end
  if fleet.grows + fleet.shrinks > 0 and view.full then return 'budget' end
  if fleet.grows > 0 and view.up.used + fleet.grows > view.up.allowed then return 'budget' end
  if fleet.shrinks > 0 and view.down.used + fleet.shrinks > view.down.allowed then return 'budget' end
  if view.opposite and a.priority <= view.opposite.priority then return 'opposite' end
  if view.lease or view.ahead > 0 then return 'busy' end
  return nil
end

local function note(verdict)
  local key = KEYS[5]
  redis.call('HSET', key, 'decision', a.id, 'verdict', verdict, 'eventAt', a.at, 'judgedAt', string.format('%.17g', now))
  redis.call('HINCRBY', key, verdict, 1)
  redis.call('PEXPIRE', key, statusMs)
end

local function conclude(reply, verdict)
  local text = cjson.encode(reply)
  redis.call('SET', KEYS[2], text, 'PX', math.ceil(a.keepMs))
  note(verdict)
  return text
end

-- Takes back what the id reserved; its place in line too.
local function withdraw(book)
  book.changes = without(book.changes, a.id)
  book.tickets = without(book.tickets, a.id)
  redis.call('ZREM', KEYS[4], a.id)
end

local function judge()
  if redis.call('EXISTS', KEYS[1]) == 0 then return cjson.encode({ state = 'lost' }) end
  redis.call('PEXPIRE', KEYS[1], aliveMs)
  local fleet, acts = a.fleet, a.acts
  local book = fleet and load(KEYS[3]) or nil
  local stored = redis.call('GET', KEYS[2])
  if stored then
    local reply = cjson.decode(stored)
    local other = fleet and reply.asked and not reply.gate
      and (reply.asked.grows ~= fleet.grows or reply.asked.shrinks ~= fleet.shrinks or reply.asked.net ~= fleet.net)
    if not other or reply.committed then return stored end
    withdraw(book)
    redis.call('DEL', KEYS[2])
  end
  if a.refusal then
    if book then
      book.tickets = without(book.tickets, a.id)
      save(KEYS[3], book, a.bookMs)
    end
    return conclude({ outcome = 'refused', gate = a.refusal.gate, reason = a.refusal.reason }, a.refusal.gate)
  end
  local view = fleet and look(book, fleet) or nil
  local actsView = acts and lookAtActs(acts) or nil
  local reply = { acts = actsView, view = view }
  if fleet then
    reply.asked = { grows = fleet.grows, shrinks = fleet.shrinks, net = fleet.net, inTransition = fleet.inTransition, direction = fleet.direction }
  end
  local gate = refuse(acts, actsView, fleet, view)
  if gate and fleet and a.waits and (gate == 'settling' or gate == 'busy') then
    local own = find(book.tickets, a.id)
    if own then
      own.askedAt = now
    elseif #book.tickets < ticketsMax then
      book.tickets[#book.tickets + 1] = { id = a.id, priority = a.priority, askedAt = now }
      own = true
    end
    save(KEYS[3], book, a.bookMs)
    if own then
      reply.gate, reply.waiting, reply.ahead = gate, true, aheadOf(book)
      return cjson.encode(reply)
    end
    reply.lineFull, gate = true, 'busy'
  end
  if gate then
    if book then
      book.tickets = without(book.tickets, a.id)
      save(KEYS[3], book, a.bookMs)
    end
    reply.gate = gate
    return conclude(reply, gate)
  end
  if acts then addAct(KEYS[4], a.id, acts) end
  if fleet then
    book.tickets = without(book.tickets, a.id)
    if a.mode ~= 'approve' then
      local ends = a.mode == 'shadow' and now or nil
      book.changes[#book.changes + 1] = {
        id = a.id, policy = a.policy, priority = a.priority, direction = fleet.direction, grows = fleet.grows,
        shrinks = fleet.shrinks, settleMs = fleet.settleMs, external = false, finishedAt = ends,
        expiresAt = ends or now + a.leaseMs, unseenUp = math.max(0, fleet.net), unseenDown = math.max(0, -fleet.net),
      }
    end
    save(KEYS[3], book, a.bookMs)
  end
  return conclude(reply, 'passed')
end

local function commit()
  local stored = redis.call('GET', KEYS[2])
  if not stored then return done() end
  local reply = cjson.decode(stored)
  reply.committed = true
  redis.call('SET', KEYS[2], cjson.encode(reply), 'KEEPTTL')
  return done()
end

local function release()
  local stored = redis.call('GET', KEYS[2])
  local reply = stored and cjson.decode(stored) or nil
  if reply and reply.committed then return done() end
  local book = load(KEYS[3])
  local passed = reply and not reply.gate
  if passed then withdraw(book) else book.tickets = without(book.tickets, a.id) end
  save(KEYS[3], book, 1)
  if passed and a.verdict then
    redis.call('SET', KEYS[2], cjson.encode(a.verdict), 'KEEPTTL')
  elseif passed then
    redis.call('DEL', KEYS[2])
  end
  return done()
end

local function finish()
  local book = load(KEYS[3])
  if a.done then
    local change = find(book.changes, a.id)
    if change and not change.finishedAt then
      change.finishedAt = now
      save(KEYS[3], book, a.bookMs)
    end
  else
    book.changes = without(book.changes, a.id)
    save(KEYS[3], book, 1)
  end
  return done()
end

local function restore()
  local books = { real = load(KEYS[2]), shadow = load(KEYS[3]) }
  for place, item in ipairs(a.items) do
    local decisionKey, actsKey = KEYS[2 + 2 * place], KEYS[3 + 2 * place]
    local change, book, moment = item.change, books[item.book], now - item.recordedMsAgo
    local known = change and find(book.changes, change.id)
    if change and change.finishedMsAgo then change.finishedAt = now - change.finishedMsAgo end
    if known and not known.finishedAt then known.finishedAt = change.finishedAt end
    if redis.call('EXISTS', decisionKey) == 0 then
      if change and not known then
        if item.members then read(book, item.members, moment, a.perMs, moment) end
        change.expiresAt = now + change.expiresInMs
        change.finishedMsAgo, change.expiresInMs = nil, nil
        book.changes[#book.changes + 1] = change
      end
      if item.acts then addAct(actsKey, item.id, item.acts) end
      if item.reply then redis.call('SET', decisionKey, cjson.encode(item.reply), 'PX', math.ceil(item.keepMs)) end
    end
  end
  for name, key in pairs({ real = KEYS[2], shadow = KEYS[3] }) do
    if #a.items > 0 then save(key, books[name], a.bookMs) end
  end
  if a.last then redis.call('SET', KEYS[1], 1, 'PX', aliveMs) end
  return done()
end

local function alive()
  if redis.call('PEXPIRE', KEYS[1], aliveMs) == 0 then return cjson.encode({ state = 'lost' }) end
  return done()
end

local operations = { judge = judge, commit = commit, release = release, finish = finish, restore = restore, alive = alive }
return operations[ARGV[1]]()
`;

-- Charges a request's accounts in one step, so that replicas admit together what one limit says.
--
-- An account holds the time at which it is full again, as this server's clock has it: seconds and nanoseconds since
-- 1970, apart, since a number of Lua has 53 bits. One that is not there is full. What is missing in it, what there can be
-- in it at most, and what is taken out are told as the nanoseconds in which so much comes back: exact up to 104 days, and
-- from there on to half a microsecond.
--
-- KEYS: the accounts, those of the first stage before the others.
-- ARGV: how many are in the first stage; 1 if the others are charged although it refuses, else 0; for each account the
-- most there can be in it, and what to take.
-- Answer: for each account 1 if it refused, else 0; and what is missing in it now.
local time = redis.call('TIME')

local second, nanosecond = tonumber(time[1]), tonumber(time[2]) * 1000
local held, refused, missing = redis.call('MGET', unpack(KEYS)), {}, {}

local function most(i) return tonumber(ARGV[2 * i + 1]) end
local function price(i) return tonumber(ARGV[2 * i + 2]) end

-- Keeps the time at which the account is full again: what is missing in it from now on.
local function keep(i)
  local full_at = nanosecond + missing[i]
  local rest = math.fmod(full_at, 1e9)
  redis.call('SET', KEYS[i], string.format('%.0f %.0f', second + (full_at - rest) / 1e9, rest),
    'PX', string.format('%.0f', math.ceil(missing[i] / 1e6)))
end

for i = 1, #KEYS do
  local full_second, full_nanosecond = string.match(held[i] or '', '^(%d+) (%d+)$')
  local left = 0
  if full_second then
    left = (tonumber(full_second) - second) * 1e9 + tonumber(full_nanosecond) - nanosecond
  end
  refused[i], missing[i] = 0, math.min(math.max(left, 0), most(i))
  -- Never more than all of it: the clock was set back, or the limit was narrowed. Kept, so that it fills from now on.
  if left > most(i) then
    keep(i)
  end
end

-- Takes from all of these accounts, or from none.
local function charge(first, last)
  for i = first, last do
    if missing[i] + price(i) > most(i) then
      refused[i] = 1
      return false
    end
  end
  for i = first, last do
    if price(i) > 0 then
      missing[i] = missing[i] + price(i)
      keep(i)
    end
  end
  return true
end

local stage = tonumber(ARGV[1])
if charge(1, stage) or ARGV[2] == '1' then
  charge(stage + 1, #KEYS)
end

local answer = {}
for i = 1, #KEYS do
  answer[2 * i - 1], answer[2 * i] = refused[i], missing[i]
end
return answer

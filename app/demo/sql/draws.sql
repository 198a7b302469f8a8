-- Random numbers without a generator: each is a function of what it decides, so the number of
-- threads, the order of rows and the version of DuckDB do not matter (its own hash() may change
-- with a release, its md5 is ten times as slow). `mix` is a 32-bit integer finaliser: two rounds
-- of xor-shift and multiply, in unsigned 64-bit arithmetic that cannot overflow. Numbers of parts
-- and draws are never negative.

CREATE MACRO fold(x, places) AS xor(x, x >> places);

CREATE MACRO mix(x) AS
  fold((fold((fold(x::UBIGINT & 4294967295, 16) * 2146121005) & 4294967295, 15)
        * 2221713035) & 4294967295, 16);

-- The state of a part (a day of a learner, an event of a day) of what has the state `whole`.
CREATE MACRO part(whole, number) AS mix(whole::UBIGINT + (number::UBIGINT + 1) * 2654435761::UBIGINT);

-- The `number`th draw of a state, at least 0 and below 1.
CREATE MACRO chance(state, number) AS part(state, number + 1000) / 4294967296.0;

-- The `number`th draw of a state as a whole number from 0 to `n` - 1.
CREATE MACRO pick(state, number, n) AS (part(state, number + 1000) * n::UBIGINT) >> 32;

-- A day (counted from 1970-01-01) and a second of it as a timestamp in UTC.
CREATE MACRO moment(day, second) AS make_timestamp((day * 86400 + second) * 1000000);

CREATE MACRO day_of(instant) AS epoch_us(instant) // 86400000000;

-- One row a payment of a paid subscription that falls due after it was first seen, up to the
-- first one after the period, and what became of it: `outcome` PAID, LATE (paid `late_days` after,
-- at most 6) or LOST (given up after 7 days). What follows a lost one never falls due.
CREATE TABLE payments AS
WITH due AS (
  SELECT
    *,
    unnest(range(
      greatest(1, datesub('month', started_at, seen_at) // months),
      greatest(0, datesub('month', started_at, until_at) // months) + 3
    )) AS number
  FROM contracts
  WHERE NOT is_trial
),
dated AS (
  SELECT
    *,
    started_at + to_months(((number - 1) * months)::INTEGER) AS last_due_at,
    started_at + to_months((number * months)::INTEGER) AS due_at,
    started_at + to_months(((number + 1) * months)::INTEGER) AS next_due_at,
    part(state, number) AS payment
  FROM due
),
judged AS (
  SELECT
    *,
    CASE
      WHEN NOT has_trouble OR chance(payment, 0) >= 0.5 THEN 'PAID'
      WHEN chance(payment, 1) >= 0.4 THEN 'LATE'
      ELSE 'LOST'
    END AS outcome,
    1 + pick(payment, 2, 6)::INTEGER AS late_days,
    CASE WHEN chance(payment, 3) < 0.1 THEN 'ERROR' ELSE 'PAYMENT_ISSUE' END AS trouble_status
  FROM dated
  WHERE due_at >= seen_at AND last_due_at < until_at
)
SELECT
  * EXCLUDE (payment, number),
  row_number() OVER (PARTITION BY user_id, slot ORDER BY number) = 1 AS is_first
FROM judged
QUALIFY coalesce(
  min(number) FILTER (outcome = 'LOST') OVER (PARTITION BY user_id, slot) >= number, true
)
ORDER BY user_id, slot, number;

-- Who lost access to their only academy is not seen there again.
UPDATE learners SET end_day = day_of(due_at) + 7
FROM payments
WHERE outcome = 'LOST' AND payments.user_id = learners.user_id AND second_academy_id IS NULL;

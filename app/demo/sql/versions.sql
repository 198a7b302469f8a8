-- One row a version of a subscription: how it began, and each change up to the end of the period.
-- A subscription older than the period begins with the payment that was next when it was first
-- seen, as a service that starts then would have recorded it.
CREATE VIEW changes AS
SELECT
  user_id, slot, 'FREE_TRIAL' AS status, trial_ends_at AS next_payment_at,
  started_at AS updated_at, started_at AS effective_from
FROM contracts
WHERE is_trial
UNION ALL
SELECT user_id, slot, 'ACTIVE', due_at, last_due_at, started_at
FROM payments
WHERE is_first
UNION ALL
SELECT user_id, slot, 'ACTIVE', next_due_at, due_at, due_at
FROM payments
WHERE outcome = 'PAID'
UNION ALL
SELECT user_id, slot, trouble_status, due_at, due_at, due_at
FROM payments
WHERE outcome <> 'PAID'
UNION ALL
SELECT
  user_id, slot, 'ACTIVE', next_due_at, due_at + to_days(late_days), due_at + to_days(late_days)
FROM payments
WHERE outcome = 'LATE'
UNION ALL
SELECT user_id, slot, 'EXPIRED', due_at, due_at + to_days(7), due_at + to_days(7)
FROM payments
WHERE outcome = 'LOST'
UNION ALL
SELECT user_id, slot, leave_status, due_at, left_at, left_at
FROM payments
WHERE left_at >= last_due_at AND left_at < due_at;

CREATE VIEW versions AS
SELECT
  format('demo-{}-{}', user_id, slot) AS id,
  user_id,
  academy_id,
  status,
  CASE WHEN is_trial THEN 'trial' ELSE format('every-{}-months', months) END AS plan,
  started_at::TIMESTAMPTZ AS started_at,
  trial_ends_at::TIMESTAMPTZ AS trial_ends_at,
  CASE WHEN status <> 'FULLY_PAID' THEN next_payment_at END::TIMESTAMPTZ AS next_payment_at,
  trial_ends_at::TIMESTAMPTZ AS valid_until,
  CASE WHEN status = 'CANCELLED' THEN effective_from END::TIMESTAMPTZ AS cancelled_at,
  CASE
    WHEN status IN ('EXPIRED', 'FULLY_PAID', 'DEPRECATED') THEN effective_from
  END::TIMESTAMPTZ AS ended_at,
  CASE status
    WHEN 'CANCELLED' THEN 'VOLUNTARY'
    WHEN 'EXPIRED' THEN 'INVOLUNTARY'
    WHEN 'FULLY_PAID' THEN 'COMPLETED'
    WHEN 'DEPRECATED' THEN 'OTHER'
  END AS end_reason,
  CASE
    WHEN is_trial THEN 0.0
    ELSE CASE months WHEN 1 THEN 149.0 WHEN 3 THEN 129.0 WHEN 6 THEN 115.0 ELSE 99.0 END
  END::DOUBLE AS mrr,
  CASE academy_id % 2 WHEN 1 THEN 'USD' ELSE 'EUR' END AS currency,
  updated_at::TIMESTAMPTZ AS updated_at,
  effective_from::TIMESTAMPTZ AS effective_from,
  slot
FROM changes
JOIN contracts USING (user_id, slot)
WHERE effective_from < until_at
  AND (left_at IS NULL OR effective_from <= left_at);

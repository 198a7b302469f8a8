-- Adds ready-made versions: of several from one moment on, only the one observed last counts.
WITH numbered AS (
    SELECT row, row_number() OVER (
        PARTITION BY id, effective_from ORDER BY observed_at DESC NULLS LAST, row
    ) AS turn
    FROM staged
),
stale AS (
    DELETE FROM staged WHERE row IN (SELECT row FROM numbered WHERE turn > 1) RETURNING 1
)
SELECT count(*) AS stale FROM stale;

-- `told`: one row for each version that is not known, `first_seen` if none is from its moment on.
CREATE TEMPORARY TABLE told ON COMMIT DROP AS
WITH known AS (
    SELECT DISTINCT ON (subscription_id, effective_from) *
    FROM subscription_history
    WHERE subscription_id IN (SELECT id FROM staged)
    ORDER BY subscription_id, effective_from, version_id DESC
)
SELECT staged.*, known.version_id IS NULL AS first_seen
FROM staged
LEFT JOIN known ON known.subscription_id = staged.id
    AND known.effective_from = staged.effective_from
WHERE known.version_id IS NULL OR (
    staged.user_id, staged.academy_id, staged.status, staged.plan, staged.started_at,
    staged.trial_ends_at, staged.next_payment_at, staged.valid_until, staged.cancelled_at,
    staged.ended_at, coalesce(staged.end_reason, known.end_reason), staged.mrr, staged.currency
) IS DISTINCT FROM (
    known.user_id, known.academy_id, known.status, known.plan, known.started_at,
    known.trial_ends_at, known.next_payment_at, known.valid_until, known.cancelled_at,
    known.ended_at, known.end_reason, known.mrr, known.currency
);

INSERT INTO subscription_history (
    subscription_id, user_id, academy_id, status, plan, started_at, trial_ends_at,
    next_payment_at, valid_until, cancelled_at, ended_at, end_reason, end_reason_given, mrr,
    currency, updated_at, effective_from, observed_at
)
SELECT
    id, user_id, academy_id, status, plan, started_at, trial_ends_at, next_payment_at,
    valid_until, cancelled_at, ended_at, end_reason, end_reason IS NOT NULL, mrr, currency,
    updated_at, effective_from, coalesce(observed_at, CAST(:now AS timestamptz))
FROM told
ORDER BY id, effective_from;

CREATE TEMPORARY TABLE touched ON COMMIT DROP AS
SELECT id FROM told GROUP BY id;

SELECT
    count(*) FILTER (WHERE first_seen) AS inserted,
    count(*) FILTER (WHERE NOT first_seen) AS changed,
    (SELECT count(*) FROM staged) - count(*) AS unchanged
FROM told

-- Appends to `subscription_history` what `staged` tells anew: one row for each version.
-- Rows that are older than what is known of their subscription are stale.
WITH stale AS (
    DELETE FROM staged USING subscriptions AS known
    WHERE known.id = staged.id AND staged.updated_at < known.updated_at
    RETURNING 1
)
SELECT count(*) AS stale FROM stale;

-- `told`: one row for each row of the file that changes something, in the order `place` of its
-- subscription; the newest version known before is compared with as if it were the first.
CREATE TEMPORARY TABLE told ON COMMIT DROP AS
WITH telling AS (
    SELECT
        known.subscription_id AS id, known.user_id, known.academy_id,
        known.status::text AS status, known.plan, known.started_at, known.trial_ends_at,
        known.next_payment_at, known.valid_until, known.cancelled_at, known.ended_at,
        CASE WHEN known.end_reason_given THEN known.end_reason::text END AS end_reason,
        known.mrr, known.currency, subscriptions.updated_at, known.effective_from AS known_from
    FROM subscription_history AS known
    JOIN subscriptions ON subscriptions.id = known.subscription_id
    WHERE known.effective_to IS NULL AND known.subscription_id IN (SELECT id FROM staged)
    UNION ALL
    SELECT
        id, user_id, academy_id, status, plan, started_at, trial_ends_at, next_payment_at,
        valid_until, cancelled_at, ended_at, end_reason, mrr, currency, updated_at, NULL
    FROM staged
),
ordered AS (
    SELECT
        *,
        row_number() OVER happened AS place,
        row_number() OVER happened = 1 AND known_from IS NULL AS first_seen,
        lag(coalesce(updated_at, known_from)) OVER happened AS newest_stamp,
        (user_id, academy_id, status, plan, started_at, trial_ends_at, next_payment_at,
            valid_until, cancelled_at, ended_at, end_reason, mrr, currency)
            IS DISTINCT FROM lag((user_id, academy_id, status, plan, started_at, trial_ends_at,
                next_payment_at, valid_until, cancelled_at, ended_at, end_reason, mrr, currency))
                OVER happened AS differs
    FROM telling
    WINDOW happened AS (PARTITION BY id ORDER BY known_from NULLS LAST, updated_at)
)
SELECT * FROM ordered WHERE known_from IS NOT NULL OR differs;

-- What is first seen when it owes or is over was ACTIVE before: that is its part 1. A version
-- never takes effect before the one that it follows.
WITH turned AS (
    SELECT
        *,
        CASE
            WHEN status IN ('FREE_TRIAL', 'ACTIVE') OR NOT first_seen THEN NULL
            WHEN status IN {owing} THEN updated_at
            ELSE coalesce(cancelled_at, ended_at, updated_at)
        END AS turned_at
    FROM told
),
parts AS (
    SELECT
        turned.*,
        part,
        part = 1 AS before,
        part = 1 AND status NOT IN {owing} AS before_end,
        CASE
            WHEN known_from IS NOT NULL THEN known_from
            WHEN first_seen AND part = 1 THEN started_at
            WHEN first_seen THEN greatest(started_at, turned_at)
            WHEN updated_at > newest_stamp THEN updated_at
            ELSE CAST(:now AS timestamptz)
        END AS begins_at
    FROM turned
    CROSS JOIN (VALUES (1), (2)) AS parts (part)
    WHERE part = 2 OR turned_at > started_at
),
placed AS (
    SELECT *, max(begins_at) OVER (PARTITION BY id ORDER BY place, part) AS effective_from
    FROM parts
)
INSERT INTO subscription_history (
    subscription_id, user_id, academy_id, status, plan, started_at, trial_ends_at,
    next_payment_at, valid_until, cancelled_at, ended_at, end_reason, end_reason_given, mrr,
    currency, updated_at, effective_from, effective_to, observed_at
)
SELECT
    id,
    user_id,
    academy_id,
    CASE WHEN before THEN 'ACTIVE' ELSE status END,
    plan,
    started_at,
    trial_ends_at,
    CASE WHEN NOT before THEN next_payment_at END,
    valid_until,
    CASE WHEN NOT before_end THEN cancelled_at END,
    CASE WHEN NOT before_end THEN ended_at END,
    CASE WHEN NOT before THEN end_reason END,
    NOT before AND end_reason IS NOT NULL,
    mrr,
    currency,
    updated_at,
    effective_from,
    lead(effective_from) OVER (PARTITION BY id ORDER BY place, part),
    CAST(:now AS timestamptz)
FROM placed
WHERE known_from IS NULL
ORDER BY id, place, part;

CREATE TEMPORARY TABLE touched ON COMMIT DROP AS
SELECT id FROM told WHERE known_from IS NULL GROUP BY id;

SELECT
    count(*) FILTER (WHERE first_seen) AS inserted,
    count(*) FILTER (WHERE NOT first_seen) AS changed,
    (SELECT count(*) FROM staged) - count(*) AS unchanged
FROM told
WHERE known_from IS NULL

-- The subscriptions that count as live although the platform no longer has them, as rows that end
-- them now; `compared` has the prefixes of what was read whole, `seen` the ids that it has.
DROP TABLE IF EXISTS staged, touched, told, settled;

CREATE TEMPORARY TABLE staged (
    LIKE subscriptions,
    row bigint NOT NULL,
    effective_from timestamptz,
    observed_at timestamptz
) ON COMMIT DROP;

INSERT INTO staged (
    row, id, user_id, academy_id, status, plan, started_at, trial_ends_at, next_payment_at,
    valid_until, ended_at, mrr, currency
)
SELECT
    row_number() OVER (), id, user_id, academy_id, 'DEPRECATED', plan, started_at, trial_ends_at,
    next_payment_at, valid_until, CAST(:now AS timestamptz), mrr, currency
FROM subscriptions AS known
WHERE status IN {live}
    AND split_part(id, ':', 1) IN (SELECT prefix FROM compared)
    AND NOT EXISTS (SELECT FROM seen WHERE seen.id = known.id)

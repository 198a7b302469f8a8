-- Rows that are identical to another row count once: the first one stays.
WITH twice AS (
    SELECT id FROM staged GROUP BY id HAVING count(*) > 1
),
numbered AS (
    SELECT row, row_number() OVER (
        PARTITION BY id, user_id, academy_id, status, plan, started_at, trial_ends_at,
            next_payment_at, valid_until, cancelled_at, ended_at, end_reason, mrr, currency,
            updated_at, effective_from, observed_at
        ORDER BY row
    ) AS copy
    FROM staged
    WHERE id IN (SELECT id FROM twice)
),
gone AS (
    DELETE FROM staged WHERE row IN (SELECT row FROM numbered WHERE copy > 1) RETURNING 1
)
SELECT count(*) AS repeated FROM gone

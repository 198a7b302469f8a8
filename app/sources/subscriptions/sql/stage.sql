-- The rows of a file of subscriptions, or of versions of them, one for each row.
SET LOCAL work_mem = '64MB';

LOCK TABLE subscriptions IN SHARE ROW EXCLUSIVE MODE;

DROP TABLE IF EXISTS staged, touched, told, settled;

CREATE TEMPORARY TABLE staged (
    row bigint NOT NULL,
    id text NOT NULL,
    user_id bigint NOT NULL,
    academy_id bigint NOT NULL,
    status text NOT NULL,
    plan text,
    started_at timestamptz NOT NULL,
    trial_ends_at timestamptz,
    next_payment_at timestamptz,
    valid_until timestamptz,
    cancelled_at timestamptz,
    ended_at timestamptz,
    end_reason text,
    mrr double precision,
    currency text,
    updated_at timestamptz,
    effective_from timestamptz,
    observed_at timestamptz
) ON COMMIT DROP

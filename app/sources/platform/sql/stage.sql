-- The subscriptions that the platform tells of, one for each row. `stamped_at` is when the platform
-- last stamped one, `status_changed_at` when it last stamped its status.
SET LOCAL work_mem = '64MB';

LOCK TABLE subscriptions IN SHARE ROW EXCLUSIVE MODE;

DROP TABLE IF EXISTS staged, touched, told, settled;

CREATE TEMPORARY TABLE staged (
    LIKE subscriptions,
    row bigint NOT NULL,
    effective_from timestamptz,
    observed_at timestamptz,
    status_changed_at timestamptz,
    stamped_at timestamptz
) ON COMMIT DROP

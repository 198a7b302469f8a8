-- The rows of a file of telemetry samples, one for each row.
LOCK TABLE telemetry_samples IN SHARE ROW EXCLUSIVE MODE;

DROP TABLE IF EXISTS staged;

CREATE TEMPORARY TABLE staged (
    row bigint NOT NULL,
    user_id bigint NOT NULL,
    timestamp timestamptz NOT NULL,
    engagement_score double precision,
    frustration_score double precision
) ON COMMIT DROP

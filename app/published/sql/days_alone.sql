-- The common table `days` where nothing is compared.
, compared AS (
    SELECT
        days.*, CAST(NULL AS bigint) AS yesterday_revision,
        CAST(NULL AS bigint) AS earlier_revision,
        CAST(NULL AS smallint) AS earlier_scoring_version
    FROM days
)

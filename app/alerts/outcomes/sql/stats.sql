-- One row for each alert type and origin: the episodes that opened from :first to :last, how they
-- ended, and of those of which 30 days are over (opened before :before) how many learners left
-- within them, and how many would have if they were like everybody that day; after churned.sql.
-- Each part is read once, whatever the planner makes of tables that nobody has counted yet.
-- :report_type, :academies (NULL: all)
, chosen AS MATERIALIZED (
    SELECT
        id, academy_id, user_id, alert_type, origin, triggered_on, status, resolution, action, result
    FROM alerts
    WHERE report_type = :report_type
        AND triggered_on BETWEEN CAST(:first AS date) AND CAST(:last AS date)
        AND resolution IS DISTINCT FROM 'RETRACTED'
        AND (CAST(:academies AS bigint[]) IS NULL
            OR academy_id = ANY(CAST(:academies AS bigint[])))
),
base AS MATERIALIZED (
    SELECT
        day.academy_id, day.report_date,
        count(DISTINCT left_for_good.user_id) / CAST(day.rows AS double precision) AS share
    FROM (
        SELECT DISTINCT academy_id, triggered_on AS report_date FROM chosen
        WHERE triggered_on < CAST(:before AS date)
    ) AS judged
    JOIN report_days AS day USING (academy_id, report_date)
    LEFT JOIN left_for_good
        ON left_for_good.academy_id = day.academy_id
        AND NOT left_for_good.has_completed
        AND left_for_good.started_on <= day.report_date
        AND left_for_good.left_on > day.report_date
        AND left_for_good.left_on <= day.report_date + 30
    WHERE day.report_type = :report_type AND day.rows > 0
    GROUP BY day.academy_id, day.report_date, day.rows
),
leavers AS MATERIALIZED (
    SELECT DISTINCT chosen.id
    FROM chosen
    JOIN left_for_good
        ON left_for_good.academy_id = chosen.academy_id
        AND left_for_good.user_id = chosen.user_id
        AND NOT left_for_good.has_completed
        AND left_for_good.left_on > chosen.triggered_on
        AND left_for_good.left_on <= chosen.triggered_on + 30
)
SELECT
    chosen.alert_type,
    chosen.origin,
    count(*) AS opened,
    count(*) FILTER (WHERE chosen.status <> 'RESOLVED') AS still_open,
    count(*) FILTER (WHERE chosen.resolution = 'MANUAL') AS by_hand,
    count(*) FILTER (WHERE chosen.resolution = 'AUTO') AS by_itself,
    count(*) FILTER (WHERE chosen.resolution = 'LEFT') AS no_longer_live,
    count(*) FILTER (WHERE chosen.resolution = 'NO_DATA') AS no_data,
    count(*) FILTER (WHERE chosen.action = 'CONTACTED') AS contacted,
    count(*) FILTER (WHERE chosen.action = 'OFFERED') AS offered,
    count(*) FILTER (WHERE chosen.action = 'NO_ACTION') AS no_action,
    count(*) FILTER (WHERE chosen.action = 'FALSE_ALARM') AS false_alarm,
    count(*) FILTER (WHERE chosen.result = 'PENDING') AS result_pending,
    count(*) FILTER (WHERE chosen.result = 'STAYED') AS result_stayed,
    count(*) FILTER (WHERE chosen.result = 'LEFT') AS result_left,
    count(*) FILTER (WHERE chosen.result = 'COMPLETED') AS result_completed,
    count(base.share) AS judged,
    count(base.share) FILTER (WHERE leavers.id IS NOT NULL) AS churned,
    coalesce(sum(base.share), 0) AS expected
FROM chosen
LEFT JOIN base
    ON base.academy_id = chosen.academy_id AND base.report_date = chosen.triggered_on
LEFT JOIN leavers USING (id)
GROUP BY chosen.alert_type, chosen.origin
ORDER BY chosen.alert_type, chosen.origin

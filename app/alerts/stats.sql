-- One row for each alert type and origin: the episodes that opened from :first to :last, how they
-- ended, and of those of which 30 days are over (opened before :before) how many learners left
-- within them, and how many would have if they were like everybody that day; after churned.sql.
-- :report_type, :academies (NULL: all)
, chosen AS (
    SELECT * FROM alerts
    WHERE report_type = :report_type
        AND triggered_on BETWEEN CAST(:first AS date) AND CAST(:last AS date)
        AND resolution IS DISTINCT FROM 'RETRACTED'
        AND (CAST(:academies AS bigint[]) IS NULL
            OR academy_id = ANY(CAST(:academies AS bigint[])))
),
base AS (
    SELECT
        day.academy_id, day.report_date,
        count(DISTINCT left_for_good.user_id) / CAST(nullif(day.rows, 0) AS double precision)
            AS share
    FROM report_days AS day
    LEFT JOIN left_for_good
        ON left_for_good.academy_id = day.academy_id
        AND NOT left_for_good.has_completed
        AND left_for_good.started_on <= day.report_date
        AND left_for_good.left_on > day.report_date
        AND left_for_good.left_on <= day.report_date + 30
    WHERE day.report_type = :report_type AND (day.academy_id, day.report_date) IN (
        SELECT academy_id, triggered_on FROM chosen WHERE triggered_on < CAST(:before AS date))
    GROUP BY day.academy_id, day.report_date, day.rows
),
judged AS (
    SELECT
        chosen.id, base.share,
        EXISTS (
            SELECT FROM left_for_good
            WHERE left_for_good.academy_id = chosen.academy_id
                AND left_for_good.user_id = chosen.user_id
                AND NOT left_for_good.has_completed
                AND left_for_good.left_on > chosen.triggered_on
                AND left_for_good.left_on <= chosen.triggered_on + 30) AS has_left
    FROM chosen
    JOIN base
        ON base.academy_id = chosen.academy_id AND base.report_date = chosen.triggered_on
    WHERE base.share IS NOT NULL
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
    count(judged.id) AS judged,
    count(*) FILTER (WHERE judged.has_left) AS churned,
    coalesce(sum(judged.share), 0) AS expected
FROM chosen
LEFT JOIN judged USING (id)
GROUP BY chosen.alert_type, chosen.origin
ORDER BY chosen.alert_type, chosen.origin

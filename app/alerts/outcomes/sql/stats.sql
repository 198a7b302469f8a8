-- One row for each alert type and origin: the episodes that opened from :first to :last, how they
-- ended, and, of those that opened before :before (their result days are over), how many subjects
-- left within the result days and how many would have at the rate of all subjects of that day.
-- The source's query of outcomes is filled in. Every part is materialized, because the planner
-- misjudges tables that have not been analysed yet.
-- :report_type, :academies (NULL: all), :days (how many result days)
WITH outcomes AS MATERIALIZED (
{outcomes}
),
opened AS MATERIALIZED (
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
        count(DISTINCT outcomes.user_id) / CAST(day.rows AS double precision) AS share
    FROM (
        SELECT DISTINCT academy_id, triggered_on AS report_date FROM opened
        WHERE triggered_on < CAST(:before AS date)
    ) AS judged
    JOIN report_days AS day USING (academy_id, report_date)
    LEFT JOIN outcomes
        ON outcomes.academy_id = day.academy_id
        AND outcomes.result = 'LEFT'
        AND outcomes.started_on <= day.report_date
        AND outcomes.happened_on > day.report_date
        AND outcomes.happened_on <= day.report_date + CAST(:days AS integer)
    WHERE day.report_type = :report_type AND day.rows > 0
    GROUP BY day.academy_id, day.report_date, day.rows
),
leavers AS MATERIALIZED (
    SELECT DISTINCT opened.id
    FROM opened
    JOIN outcomes
        ON outcomes.academy_id = opened.academy_id
        AND outcomes.user_id = opened.user_id
        AND outcomes.result = 'LEFT'
        AND outcomes.happened_on > opened.triggered_on
        AND outcomes.happened_on <= opened.triggered_on + CAST(:days AS integer)
)
SELECT
    opened.alert_type,
    opened.origin,
    count(*) AS opened,
    count(*) FILTER (WHERE opened.status <> 'RESOLVED') AS still_open,
    count(*) FILTER (WHERE opened.resolution = 'MANUAL') AS by_hand,
    count(*) FILTER (WHERE opened.resolution = 'AUTO') AS by_itself,
    count(*) FILTER (WHERE opened.resolution = 'LEFT') AS no_longer_live,
    count(*) FILTER (WHERE opened.resolution = 'NO_DATA') AS no_data,
    count(*) FILTER (WHERE opened.action = 'CONTACTED') AS contacted,
    count(*) FILTER (WHERE opened.action = 'OFFERED') AS offered,
    count(*) FILTER (WHERE opened.action = 'NO_ACTION') AS no_action,
    count(*) FILTER (WHERE opened.action = 'FALSE_ALARM') AS false_alarm,
    count(*) FILTER (WHERE opened.result = 'PENDING') AS result_pending,
    count(*) FILTER (WHERE opened.result = 'STAYED') AS result_stayed,
    count(*) FILTER (WHERE opened.result = 'LEFT') AS result_left,
    count(*) FILTER (WHERE opened.result = 'COMPLETED') AS result_completed,
    count(base.share) AS judged,
    count(base.share) FILTER (WHERE leavers.id IS NOT NULL) AS churned,
    coalesce(sum(base.share), 0) AS expected
FROM opened
LEFT JOIN base
    ON base.academy_id = opened.academy_id AND base.report_date = opened.triggered_on
LEFT JOIN leavers USING (id)
GROUP BY opened.alert_type, opened.origin
ORDER BY opened.alert_type, opened.origin

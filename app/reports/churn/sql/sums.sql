-- Grain: one row a group of the days asked for, as the common table `items`.
evaluated AS MATERIALIZED ({evaluated}),
stored AS (
    SELECT {day} AS day, {academy} AS academy, s.*, told.opened, told.reopened, told.closed,
        told.low AS open_low, told.medium AS open_medium, told.high AS open_high,
        told.critical AS open_critical
    FROM days
    JOIN churn_day_summaries AS s USING (report_date, academy_id)
    LEFT JOIN evaluated USING (academy_id)
    LEFT JOIN alert_day_counts AS told
        ON told.report_type = 'churn' AND told.academy_id = s.academy_id
        AND told.report_date = s.report_date AND told.report_date <= evaluated.last_day
    WHERE s.report_date BETWEEN {first} AND {last}
),
sums AS (
    SELECT
        day, academy, sum(rows) AS subscribers,
        sum(low) AS low, sum(medium) AS medium, sum(high) AS high, sum(critical) AS critical,
        sum(free_trial) AS free_trial, sum(active) AS active, sum(payment_issue) AS payment_issue,
        CAST(sum(score_sum) AS numeric) AS score_sum,
        count(*) AS academies, count(opened) AS evaluated, sum(opened) AS opened,
        sum(reopened) AS reopened, sum(closed) AS closed, sum(open_low) AS open_low,
        sum(open_medium) AS open_medium, sum(open_high) AS open_high,
        sum(open_critical) AS open_critical
    FROM stored
    GROUP BY day, academy
),
items AS (
    SELECT
        sums.day AS report_date,
        sums.academy AS academy_id,
        sums.subscribers,
        concat(
            '{{"LOW":', sums.low, ',"MEDIUM":', sums.medium, ',"HIGH":', sums.high,
            ',"CRITICAL":', sums.critical, '}}'
        ) AS levels,
        concat(
            '{{"FREE_TRIAL":', sums.free_trial, ',"ACTIVE":', sums.active,
            ',"PAYMENT_ISSUE":', sums.payment_issue, '}}'
        ) AS subscription_statuses,
        sums.payment_issue AS payment_issues,
        round(sums.score_sum / nullif(sums.subscribers, 0), 2) AS mean_score,
        CASE WHEN sums.evaluated > 0 THEN concat(
            '{{"opened":', sums.opened, ',"reopened":', sums.reopened,
            ',"closed":', sums.closed, ',"open":{{"LOW":', sums.open_low,
            ',"MEDIUM":', sums.open_medium, ',"HIGH":', sums.open_high,
            ',"CRITICAL":', sums.open_critical, '}},"unevaluated_academies":',
            sums.academies - sums.evaluated, '}}')
        END AS alerts {mrr_by_level}
    FROM sums
)

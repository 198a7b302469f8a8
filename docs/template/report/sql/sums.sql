-- Grain: one row a group of the days asked for, as the common table `items`.
sums AS (
    SELECT {day} AS day, {academy} AS academy, sum(subscribers) AS subscribers, sum(soon) AS soon
    FROM days
    JOIN renewal_day_summaries AS s USING (report_date, academy_id)
    WHERE s.report_date BETWEEN {first} AND {last}
    GROUP BY 1, 2
),
items AS (
    SELECT day AS report_date, academy AS academy_id, subscribers, soon FROM sums
)

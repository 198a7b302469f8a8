-- One row for each severity with episodes, and one for all of them (NULL): the number of episodes
-- and of learners of an academy; follows filtered.sql.
counted AS (
    SELECT
        severity, count(*) AS alerts,
        count(DISTINCT (report_type, academy_id, user_id)) AS learners
    FROM filtered
    GROUP BY GROUPING SETS ((severity), ())
)
SELECT severity, alerts, learners FROM counted

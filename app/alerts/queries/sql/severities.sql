-- One row for each severity with episodes, and one for all of them (NULL): how many, and of how
-- many learners of an academy; after chosen.sql.
counted AS (
    SELECT
        severity, count(*) AS alerts,
        count(DISTINCT (report_type, academy_id, user_id)) AS learners
    FROM chosen
    GROUP BY GROUPING SETS ((severity), ())
)
SELECT severity, alerts, learners FROM counted

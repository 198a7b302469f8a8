-- One row for each severity with episodes: how many, and of how many learners; after chosen.sql.
counted AS (
    SELECT severity, count(*) AS alerts, count(DISTINCT (academy_id, user_id)) AS learners
    FROM chosen
    GROUP BY severity
)
SELECT severity, alerts, learners FROM counted ORDER BY alert_rank(severity) DESC

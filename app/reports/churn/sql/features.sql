-- Grain: one row a report day D and user with any activity in D's window, [D-13, D].
-- `active_days` has bit i set for activity on D-i. The week is ages 0 to 6, the prior week 7 to 13.
-- Reads `learner_activity`. Repeats collapse by grouping on the natural keys: COUNT(DISTINCT) costs
-- three times as much. Each fact is grouped once, with the days on which it happened as bits, for
-- a stretch of at most 50 report days: with the 13 before them they fit into 63 bits.
WITH asked AS (
  SELECT
    report_day,
    DIV(report_day - (SELECT MIN(first) FROM UNNEST(@days) AS first), 50) AS stretch
  FROM UNNEST(@days) AS report_day
),

stretches AS (
  SELECT stretch, MIN(report_day) - 13 AS first_day, MAX(report_day) AS last_day
  FROM asked
  GROUP BY stretch
),

windows AS (
  SELECT asked.report_day, asked.stretch, stretches.last_day - asked.report_day AS days_later
  FROM asked
  INNER JOIN stretches ON stretches.stretch = asked.stretch
),

logins AS (
  SELECT
    stretches.stretch,
    events.user_id,
    BIT_OR(CAST(1 AS INT64) << (stretches.last_day - events.day)) AS days
  FROM learner_activity AS events
  INNER JOIN stretches ON events.day BETWEEN stretches.first_day AND stretches.last_day
  WHERE events.login_minute IS NOT NULL
  GROUP BY stretches.stretch, events.user_id, events.login_minute
),

others AS (
  SELECT
    stretches.stretch,
    events.user_id,
    events.assignment IS NOT NULL OR events.assignment_event IS NOT NULL AS is_completion,
    BIT_OR(CAST(1 AS INT64) << (stretches.last_day - events.day)) AS days
  FROM learner_activity AS events
  INNER JOIN stretches ON events.day BETWEEN stretches.first_day AND stretches.last_day
  WHERE events.login_minute IS NULL
  GROUP BY stretches.stretch, events.user_id, events.assignment, events.assignment_event
),

facts AS (
  SELECT stretch, user_id, TRUE AS is_login, FALSE AS is_completion, days FROM logins
  UNION ALL
  SELECT stretch, user_id, FALSE AS is_login, is_completion, days FROM others
),

seen AS (
  SELECT
    windows.report_day,
    facts.user_id,
    facts.is_login,
    facts.is_completion,
    (facts.days >> windows.days_later) & 16383 AS days
  FROM facts
  INNER JOIN windows ON windows.stretch = facts.stretch
)

SELECT
  CAST(report_day AS INT64) AS day,
  user_id,
  CAST(BIT_OR(days) AS INT64) AS active_days,
  CAST(COUNTIF(is_login AND (days & 127) > 0) AS INT64) AS login_count_7d,
  CAST(COUNTIF(is_login AND days > 127) AS INT64) AS login_count_prior_7d,
  CAST(COUNTIF(is_completion AND (days & 127) > 0) AS INT64) AS assignments_completed_7d,
  CAST(COUNTIF(is_completion AND days > 127) AS INT64) AS assignments_completed_prior_7d
FROM seen
WHERE days > 0
GROUP BY report_day, user_id

-- Grain: one row a report day D and user with any activity in D's window, [D-13, D].
-- `active_days` has bit i set for activity on D-i. The week is ages 0 to 6, the prior week 7 to 13.
-- Reads `learner_activity`. Repeats collapse by grouping on the natural keys: COUNT(DISTINCT) costs
-- three times as much. An assignment completed on several days of a week counts on the last of
-- them: it is `alone_for` as many days as pass before it is completed again.
WITH logins AS (
  SELECT user_id, day
  FROM learner_activity
  WHERE login_minute IS NOT NULL
  GROUP BY user_id, day, login_minute
),

completed_days AS (
  SELECT user_id, assignment, day
  FROM learner_activity
  WHERE assignment IS NOT NULL
  GROUP BY user_id, assignment, day
),

completions AS (
  SELECT
    user_id,
    day,
    COALESCE(LEAD(day) OVER (PARTITION BY user_id, assignment ORDER BY day) - day, 7) AS alone_for
  FROM completed_days
),

facts AS (
  SELECT user_id, day, FALSE AS is_login, 0 AS alone_for FROM learner_activity
  UNION ALL
  SELECT user_id, day, TRUE AS is_login, 0 AS alone_for FROM logins
  UNION ALL
  SELECT user_id, day, FALSE AS is_login, alone_for FROM completions
),

windows AS (
  SELECT report_day, age, report_day - age AS day
  FROM UNNEST(@days) AS report_day
  CROSS JOIN UNNEST([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13]) AS age
)

SELECT
  CAST(windows.report_day AS INT64) AS day,
  facts.user_id,
  CAST(BIT_OR(1 << windows.age) AS INT64) AS active_days,
  CAST(COUNTIF(windows.age < 7 AND facts.is_login) AS INT64) AS login_count_7d,
  CAST(COUNTIF(windows.age >= 7 AND facts.is_login) AS INT64) AS login_count_prior_7d,
  CAST(COUNTIF(windows.age < 7 AND windows.age < facts.alone_for) AS INT64)
    AS assignments_completed_7d,
  CAST(COUNTIF(windows.age >= 7 AND windows.age - 7 < facts.alone_for) AS INT64)
    AS assignments_completed_prior_7d
FROM facts
INNER JOIN windows ON windows.day = facts.day
GROUP BY windows.report_day, facts.user_id

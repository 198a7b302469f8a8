-- One row an event as the warehouse holds it, from $first_day to $last_day (counted from
-- 1970-01-01), ordered by time: the canonical columns, with the quirks of the real table.
WITH slots AS (
  SELECT *, unnest(range(events)) AS slot
  FROM presence($first_day::BIGINT, $last_day::BIGINT)
),
stated AS (
  SELECT *, part(today, slot) AS event
  FROM slots
),
drawn AS (
  SELECT
    *,
    session_second + slot * 600 + pick(event, 0, 600)::BIGINT AS second,
    CASE WHEN slot = 0 THEN 0.0 ELSE 1.0 END * chance(event, 1) AS choice,
    chance(event, 2) AS place,
    pick(event, 3, 6)::BIGINT AS task,
    chance(event, 4) AS progress,
    chance(event, 5) AS repeats,
    chance(event, 6) AS review
  FROM stated
),
happened AS (
  SELECT
    *,
    CASE
      WHEN choice < 0.06 THEN 'login'
      WHEN choice < 0.20 THEN 'open_syllabus_module'
      WHEN choice < 0.38 THEN 'read_assignment'
      WHEN choice < 0.85 THEN 'assignment_status_updated'
      WHEN choice < 0.93 THEN 'read_dashboard'
      WHEN choice < 0.96 THEN 'read_cohort_dashboard'
      WHEN choice < 0.975 THEN 'event_checkin_created'
      WHEN choice < 0.985 THEN 'mentoring_session_scheduled'
      WHEN choice < 0.99 THEN 'nps_answered'
      ELSE 'playground_opened'
    END AS kind
  FROM drawn
),
events AS (
  SELECT
    md5(concat($seed::BIGINT, '/', user_id, '/', day, '/', slot)) AS id,
    user_id,
    kind,
    second,
    CASE
      WHEN kind IN ('read_dashboard', 'event_checkin_created') THEN NULL
      WHEN kind <> 'login' AND place < 0.1 THEN NULL
      ELSE academy_id
    END AS academy_id,
    CASE
      WHEN NOT names_tasks THEN NULL
      WHEN kind IN ('open_syllabus_module', 'read_assignment', 'assignment_status_updated')
        -- The same task comes up again within some days.
        THEN user_id * 100000 + (day - start_day) * 3 + task
      ELSE user_id
    END AS related_id,
    CASE
      WHEN kind IN ('open_syllabus_module', 'read_assignment') THEN 'PENDING'
      WHEN kind <> 'assignment_status_updated' OR progress < 0.05 THEN NULL
      WHEN progress < 0.15 THEN 'PENDING'
      ELSE 'DONE'
    END AS task_status,
    repeats,
    review,
    CASE WHEN day >= second_start_day THEN second_academy_id END AS second_academy_id,
    academy_id AS home_academy_id
  FROM happened
),
renewals AS (
  SELECT *, epoch_us(due_at) // 1000000 AS second
  FROM payments
  WHERE due_at >= moment($first_day::BIGINT, 0) AND due_at < moment($last_day::BIGINT + 1, 0)
    AND (left_at IS NULL OR due_at < left_at)
),
beginnings AS (
  SELECT *, epoch_us(started_at) // 1000000 AS second
  FROM contracts
  WHERE started_at >= moment($first_day::BIGINT, 0) AND started_at < moment($last_day::BIGINT + 1, 0)
),
rows_written AS (
  SELECT id, user_id, kind, second, academy_id, related_id, task_status
  FROM events
  UNION ALL
  -- Sent twice: the very same row again.
  SELECT id, user_id, kind, second, academy_id, related_id, task_status
  FROM events
  WHERE repeats < 0.01
  UNION ALL
  -- Written twice by a task that ran again: another id, a little later.
  SELECT md5(concat(id, '/again')), user_id, kind, second + 30, academy_id, related_id, task_status
  FROM events
  WHERE repeats >= 0.997
  UNION ALL
  -- A login is written once for every academy that the user belongs to.
  SELECT
    md5(concat(id, '/', second_academy_id)), user_id, kind, second, second_academy_id, related_id,
    task_status
  FROM events
  WHERE kind = 'login' AND second_academy_id IS NOT NULL
  UNION ALL
  -- A review carries the reviewer: one of the staff, or now and then a learner who assists.
  SELECT
    md5(concat(id, '/review')),
    CASE
      WHEN review < 0.008 THEN least($learners::BIGINT, 200 * (user_id // 200) + 7)
      ELSE $learners::BIGINT + home_academy_id
    END,
    'assignment_review_status_updated', second + 1800, academy_id, related_id, task_status
  FROM events
  WHERE kind = 'assignment_status_updated' AND task_status = 'DONE' AND review < 0.4
  UNION ALL
  SELECT
    md5(concat($seed::BIGINT, '/bag/', user_id, '/', slot, '/', second)), user_id, 'bag_created',
    second, academy_id, user_id, NULL
  FROM renewals
  UNION ALL
  SELECT
    md5(concat($seed::BIGINT, '/', kind, '/', user_id, '/', slot)), user_id, kind, second + delay,
    academy_id, user_id, NULL
  FROM beginnings,
    (VALUES ('checkout_completed', 0), ('joined_cohort', 60), ('invite_status_updated', 120))
      AS first_rows(kind, delay)
)
SELECT
  id, user_id, kind, make_timestamp(second * 1000000)::TIMESTAMPTZ AS timestamp, academy_id,
  related_id, task_status
FROM rows_written
ORDER BY second, id;

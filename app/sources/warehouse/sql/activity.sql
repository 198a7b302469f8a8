-- Grain: one row an event that counts as its user's activity; repeated events are still in it.
-- `day` is counted from 1970-01-01 in the zone of the report. `login_minute` is set for logins.
-- Of completed assignments `assignment` says what is completed, whichever event says so; where
-- that is not known, `assignment_event` has the event. Both are NULL of anything else.
SELECT
  user_id,
  DIV(local_micros, 86400000000) AS day,
  CASE WHEN kind = 'login' THEN DIV(utc_micros, 60000000) END AS login_minute,
  CASE WHEN is_completion THEN related_id END AS assignment,
  CASE WHEN is_completion AND related_id IS NULL THEN id END AS assignment_event
FROM (
  SELECT
    id,
    user_id,
    kind,
    related_id,
    kind = 'assignment_status_updated' AND COALESCE(task_status, 'DONE') = 'DONE' AS is_completion,
    UNIX_MICROS(timestamp) AS utc_micros,
    UNIX_MICROS(timestamp) + 1000000 * CAST(
      CASE
        WHEN timestamp < @changes_1_at THEN @offset_1
        WHEN timestamp < @changes_2_at THEN @offset_2
        ELSE @offset_3
      END AS INT64
    ) AS local_micros
  FROM activity
  WHERE user_id IS NOT NULL
    AND COALESCE(kind, '') NOT IN (
      'assignment_review_status_updated',
      'bag_created',
      'invite_created',
      'invite_status_updated',
      'joined_cohort'
    )
)

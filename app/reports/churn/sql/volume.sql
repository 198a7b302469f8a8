-- Grain: one row a day asked for and user who was active on that very day.
-- Reads `learner_activity`; of the table, only the user, the kind and the instant.
SELECT
  CAST(events.day AS INT64) AS day,
  events.user_id
FROM learner_activity AS events
WHERE events.day IN UNNEST(@days)
GROUP BY events.day, events.user_id

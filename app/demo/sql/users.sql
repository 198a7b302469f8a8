-- One row a person: every learner, then one reviewer for each academy. Nobody here exists, so
-- nobody is given a person's name.
SELECT
  user_id AS id,
  CASE
    WHEN user_id <= $learners::BIGINT THEN format('learner-{}@example.org', user_id)
    ELSE format('reviewer-{}@example.org', user_id - $learners::BIGINT)
  END AS email,
  CASE
    WHEN user_id <= $learners::BIGINT THEN format('Learner {}', user_id)
    ELSE format('Reviewer {}', user_id - $learners::BIGINT)
  END AS full_name
FROM range(1, $learners::BIGINT + $academies::BIGINT + 1) AS people(user_id)
ORDER BY user_id;

-- One row for each of the given users who was erased, by HMAC-SHA256.
SELECT DISTINCT user_id
FROM unnest(CAST(:user_ids AS bigint[])) AS people (user_id)
WHERE sha256(CAST(:outer AS bytea) || sha256(CAST(:inner AS bytea) || int8send(user_id)))
    IN (SELECT user_hash FROM erased_users)

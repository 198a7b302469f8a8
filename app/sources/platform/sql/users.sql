-- One row for each of the users $1 whom the platform has.
SELECT
    id::bigint AS id,
    nullif(trim(email), '') AS email,
    nullif(trim(concat_ws(' ', nullif(trim(first_name), ''), nullif(trim(last_name), ''))), '')
        AS full_name
FROM auth_user
WHERE id = ANY($1::bigint[])

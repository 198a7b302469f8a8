-- Takes over what `staged` tells of users.
WITH compared AS (
    SELECT
        known.id IS NULL AS is_new,
        (known.email, known.full_name) IS DISTINCT FROM (staged.email, staged.full_name) AS differs
    FROM staged
    LEFT JOIN users AS known USING (id)
)
SELECT
    count(*) FILTER (WHERE is_new) AS inserted,
    count(*) FILTER (WHERE NOT is_new AND differs) AS changed,
    count(*) FILTER (WHERE NOT is_new AND NOT differs) AS unchanged
FROM compared;

INSERT INTO users AS known (id, email, full_name)
SELECT id, email, full_name FROM staged
ON CONFLICT (id) DO UPDATE SET email = excluded.email, full_name = excluded.full_name
WHERE (known.email, known.full_name) IS DISTINCT FROM (excluded.email, excluded.full_name)

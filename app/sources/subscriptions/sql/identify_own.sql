-- Of a writer of some academies: an id means a subscription of theirs, be it stored under the id
-- alone or under `<academy><unit separator><id>`; else it is a new one, and stored like that, so
-- that nothing is learnt of, or taken from, another academy's. An id as it is sent has no control
-- characters. With several of one id, that of the row's academy is meant.
WITH ids AS (
    SELECT id, min(row) AS row FROM staged GROUP BY id
),
own AS (
    SELECT ids.id AS sent, known.id, known.academy_id
    FROM ids
    JOIN subscriptions AS known ON known.id = ids.id
    WHERE known.academy_id = ANY(CAST(:academies AS bigint[]))
    UNION ALL
    SELECT ids.id, known.id, known.academy_id
    FROM ids
    JOIN subscriptions AS known
        ON strpos(known.id, chr(31)) > 0 AND split_part(known.id, chr(31), 2) = ids.id
    WHERE known.academy_id = ANY(CAST(:academies AS bigint[]))
),
of_academy AS (
    SELECT DISTINCT ON (sent, academy_id) sent, academy_id, id FROM own
    ORDER BY sent, academy_id, strpos(id, chr(31))
),
alone AS (
    SELECT sent, min(id) AS id FROM own GROUP BY sent HAVING count(*) = 1
),
meant AS (
    SELECT
        staged.row,
        coalesce(
            of_academy.id, alone.id, first.academy_id || chr(31) || staged.id
        ) AS id
    FROM staged
    JOIN ids ON ids.id = staged.id
    JOIN staged AS first ON first.row = ids.row
    LEFT JOIN of_academy
        ON of_academy.sent = staged.id AND of_academy.academy_id = staged.academy_id
    LEFT JOIN alone ON alone.sent = staged.id
)
UPDATE staged SET id = meant.id FROM meant WHERE meant.row = staged.row

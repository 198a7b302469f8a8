-- Grain: one row a learner, academy and day of the filter, in the order asked for.
WITH days AS (
    SELECT * FROM unnest(CAST(:academies AS bigint[]), CAST(:dates AS date[]))
        AS asked (academy_id, report_date)
),
picked AS NOT MATERIALIZED (
    SELECT {row} r.*
    FROM days
    JOIN {table} AS r
        ON r.report_date = days.report_date AND r.academy_id = days.academy_id
    WHERE r.report_date BETWEEN {first} AND {last} AND {filters}
)
SELECT {output}
FROM picked AS p
{joins}
CROSS JOIN LATERAL (SELECT {columns}) AS item
ORDER BY {order}

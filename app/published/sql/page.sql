-- Grain: one row: the page's items as JSON, where it ends, whether more follow, and whether the
-- publications that were asked for are the ones that were read.
WITH days AS (
    SELECT * FROM unnest(
        CAST(:academies AS bigint[]), CAST(:dates AS date[]), CAST(:revisions AS bigint[])
    ) AS asked (academy_id, report_date, revision)
),
picked AS MATERIALIZED (
    SELECT found.*, row_number() OVER (ORDER BY {order_found}) AS place
    FROM days
    CROSS JOIN LATERAL (
        SELECT {row} r.*
        FROM {table} AS r
        WHERE r.report_date = days.report_date AND r.academy_id = days.academy_id
            AND r.report_date BETWEEN {first} AND {last}
            AND {filters} AND {after}
        ORDER BY {order_within}
        LIMIT {limit} + 1
    ) AS found
    ORDER BY {order_found}
    LIMIT {limit} + 1
)
SELECT
    (
        SELECT count(*)
        FROM days
        JOIN report_days AS standing USING (academy_id, report_date, revision)
        WHERE standing.report_type = CAST(:report_type AS text)
    ) = cardinality(CAST(:academies AS bigint[])) AS unchanged,
    (
        SELECT string_agg({item}, ',' ORDER BY p.place)
        FROM picked AS p
        {joins}
        CROSS JOIN LATERAL (SELECT {columns}) AS item
        WHERE p.place <= {limit}
    ) AS items,
    (
        SELECT CAST(json_build_array({position}) AS text)
        FROM picked AS p
        WHERE p.place = {limit}
    ) AS position,
    (SELECT count(*) FROM picked) > {limit} AS more,
    {total} AS total

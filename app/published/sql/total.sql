-- Grain: one number, the rows of all pages, where the request asks for it.
(
    SELECT count(*)
    FROM days
    JOIN {table} AS r
        ON r.report_date = days.report_date AND r.academy_id = days.academy_id
    WHERE r.report_date BETWEEN {first} AND {last} AND {filters}
)

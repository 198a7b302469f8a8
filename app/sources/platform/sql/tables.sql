-- One row for each of the tables $1: whether the platform has it, whether its rows may be read, and
-- the names of its columns.
SELECT
    name,
    to_regclass(name) IS NOT NULL AS is_there,
    coalesce(has_any_column_privilege(to_regclass(name)::oid, 'SELECT'), false) AS may_read,
    ARRAY(
        SELECT attname::text
        FROM pg_attribute
        WHERE attrelid = to_regclass(name)::oid AND attnum > 0 AND NOT attisdropped
    ) AS columns
FROM unnest($1::text[]) AS asked (name)

-- One row for each academy of the platform.
SELECT
    id::bigint AS id,
    nullif(trim(slug), '') AS slug,
    coalesce(nullif(trim(name), ''), nullif(trim(slug), '')) AS name
FROM admissions_academy

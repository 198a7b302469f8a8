-- One value that changes with every evaluation of a day of the academies (NULL: all).
SELECT md5(string_agg(concat_ws('/', academy_id, report_date, revision), ' ' ORDER BY academy_id))
FROM alert_watermarks
WHERE report_type = '{report_type}'
    AND (CAST(:academies AS bigint[]) IS NULL OR academy_id = ANY(CAST(:academies AS bigint[])))

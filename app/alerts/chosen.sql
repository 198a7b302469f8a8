-- The episodes that a list is about; each parameter that is NULL narrows nothing.
WITH chosen AS (
    SELECT alerts.*, alert_rank(severity) AS rank
    FROM alerts
    WHERE report_type = ANY(CAST(:report_types AS text[]))
        AND resolution IS DISTINCT FROM 'RETRACTED'
        AND (CAST(:academies AS bigint[]) IS NULL
            OR academy_id = ANY(CAST(:academies AS bigint[])))
        AND CASE
            WHEN CAST(:statuses AS text[]) IS NULL THEN status <> 'RESOLVED'
                AND (snoozed_until IS NULL OR snoozed_until <= CAST(:now AS timestamptz))
            ELSE status = ANY(CAST(:statuses AS text[])) END
        AND (CAST(:severities AS text[]) IS NULL OR severity = ANY(CAST(:severities AS text[])))
        AND (CAST(:types AS text[]) IS NULL OR alert_type = ANY(CAST(:types AS text[])))
        AND (CAST(:origins AS text[]) IS NULL OR origin = ANY(CAST(:origins AS text[])))
        AND (CAST(:alert_id AS bigint) IS NULL OR id = CAST(:alert_id AS bigint))
        AND (CAST(:user_id AS bigint) IS NULL OR user_id = CAST(:user_id AS bigint))
        AND (CAST(:assignee AS text) IS NULL OR assignee = CAST(:assignee AS text))
        AND (NOT CAST(:is_unassigned AS boolean) OR assignee IS NULL)
        AND (CAST(:triggered_from AS date) IS NULL
            OR triggered_on >= CAST(:triggered_from AS date))
        AND (CAST(:triggered_to AS date) IS NULL OR triggered_on <= CAST(:triggered_to AS date))
),

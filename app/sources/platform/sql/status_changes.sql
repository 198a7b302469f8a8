-- When what `staged` tells of came to be: the platform stamps what it saves, but not what it
-- updates in bulk. So a stamp of the status counts only if it is newer than what was known before;
-- otherwise a status that differs was turned unseen, and counts from now on. What is first read
-- when it is over, and was stamped for the last time before its time ran out, ended with its time.
-- A status that did not turn keeps its end as it is known, and who cancelled before the time ran out
-- did so for no reason of the platform's.
-- Their clock may be an hour ahead of ours, for which it is the present; later stamps are none.
WITH stamps AS (
    SELECT
        *,
        CASE WHEN updated_at <= CAST(:now AS timestamptz) + interval '1 hour'
            THEN updated_at END AS stamp,
        CASE WHEN status_changed_at <= CAST(:now AS timestamptz) + interval '1 hour'
            THEN status_changed_at END AS status_stamp
    FROM staged
),
compared AS (
    SELECT
        stamps.row,
        stamp,
        CASE WHEN stamp IS NOT NULL THEN least(stamp, CAST(:now AS timestamptz)) END AS saved_at,
        CASE WHEN status_stamp IS NOT NULL
            THEN least(status_stamp, CAST(:now AS timestamptz)) END AS changed_at,
        CASE WHEN stamps.status = 'EXPIRED' AND stamps.end_reason IS NULL
            AND stamps.valid_until > stamp AND stamps.valid_until <= CAST(:now AS timestamptz)
            THEN stamps.valid_until END AS ran_out_at,
        known.subscription_id IS NULL AS is_new,
        (status_stamp > coalesce(seen.updated_at, known.effective_from)) IS TRUE AS is_saved,
        (stamp < seen.updated_at) IS TRUE AS is_stale,
        known.status IS DISTINCT FROM stamps.status AS is_turned,
        known.status AS known_status,
        known.cancelled_at AS known_cancelled_at,
        known.ended_at AS known_ended_at
    FROM stamps
    LEFT JOIN subscriptions AS seen ON seen.id = stamps.id
    LEFT JOIN subscription_history AS known
        ON known.subscription_id = stamps.id AND known.effective_to IS NULL
),
turned AS (
    SELECT
        *,
        CASE
            WHEN is_new THEN coalesce(ran_out_at, changed_at, saved_at, CAST(:now AS timestamptz))
            WHEN is_saved THEN changed_at
            WHEN is_turned THEN CAST(:now AS timestamptz)
        END AS turned_at,
        NOT is_new AND known_status IN ('CANCELLED', 'EXPIRED') AS was_over
    FROM compared
)
UPDATE staged
SET stamped_at = stamp,
    updated_at = CASE
        WHEN is_new AND status IN {owing} THEN coalesce(changed_at, saved_at)
        WHEN is_new OR is_stale OR NOT is_turned THEN saved_at
        WHEN is_saved THEN changed_at
    END,
    cancelled_at = CASE
        WHEN status = 'CANCELLED' THEN coalesce(turned_at, known_cancelled_at)
        WHEN status = 'EXPIRED' AND was_over THEN known_cancelled_at
    END,
    ended_at = CASE
        WHEN status IN ('EXPIRED', 'DEPRECATED', 'FULLY_PAID')
            THEN coalesce(turned_at, known_ended_at)
    END,
    end_reason = CASE
        WHEN NOT was_over OR known_cancelled_at IS NULL THEN end_reason
    END
FROM turned
WHERE staged.row = turned.row

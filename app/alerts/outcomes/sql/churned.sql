-- One row for each time somebody left an academy: left on the day that it was cancelled, else
-- ended, without another subscription there that went on after that day. One row, too, for each
-- time somebody completed.
-- :zone, :first (only those from this day on)
WITH ended AS (
    SELECT DISTINCT
        academy_id, user_id, subscription_id,
        end_reason = 'COMPLETED' AS has_completed,
        CAST(started_at AT TIME ZONE CAST(:zone AS text) AS date) AS started_on,
        CAST(coalesce(cancelled_at, ended_at, effective_from)
            AT TIME ZONE CAST(:zone AS text) AS date) AS left_on
    FROM subscription_history
    WHERE end_reason IN ('VOLUNTARY', 'INVOLUNTARY', 'COMPLETED')
        AND (effective_to IS NULL OR effective_to > effective_from)
),
left_for_good AS (
    SELECT academy_id, user_id, started_on, left_on, has_completed
    FROM ended
    WHERE left_on >= CAST(:first AS date) AND NOT EXISTS (
        SELECT FROM subscription_history AS other
        WHERE other.academy_id = ended.academy_id AND other.user_id = ended.user_id
            AND other.subscription_id <> ended.subscription_id
            AND other.status IN ('FREE_TRIAL', 'ACTIVE', 'PAYMENT_ISSUE', 'ERROR')
            AND CAST(other.effective_from AT TIME ZONE CAST(:zone AS text) AS date)
                <= ended.left_on
            AND (other.effective_to IS NULL
                OR CAST(other.effective_to AT TIME ZONE CAST(:zone AS text) AS date)
                    > ended.left_on)
            AND (other.ended_at IS NULL
                OR CAST(other.ended_at AT TIME ZONE CAST(:zone AS text) AS date) > ended.left_on)
            AND (other.valid_until IS NULL
                OR CAST(other.valid_until AT TIME ZONE CAST(:zone AS text) AS date)
                    > ended.left_on))
)

-- A column beside each group of sums: its MRR by currency and level.
, (
    SELECT coalesce(jsonb_object_agg(currency, by_level), '{}') AS mrr_by_level
    FROM (
        SELECT currency, jsonb_object_agg(level, amount) AS by_level
        FROM (
            SELECT
                currencies.key AS currency, levels.key AS level,
                sum(CAST(levels.value AS numeric)) AS amount
            FROM stored
            CROSS JOIN jsonb_each(stored.mrr_by_level) AS currencies
            CROSS JOIN jsonb_each_text(currencies.value) AS levels
            WHERE stored.academy IS NOT DISTINCT FROM sums.academy
            GROUP BY currencies.key, levels.key
        ) AS amounts
        GROUP BY currency
    ) AS of_currencies
) AS mrr_by_level

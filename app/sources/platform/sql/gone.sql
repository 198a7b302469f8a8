-- One row for each kind of subscription that was compared: how many are known as live, and how many
-- of them the platform no longer has.
SELECT
    prefix,
    count(*) AS live,
    count(*) FILTER (WHERE seen.id IS NULL) AS gone
FROM subscriptions AS known
JOIN compared ON compared.prefix = split_part(known.id, ':', 1)
LEFT JOIN seen ON seen.id = known.id
WHERE known.status IN {live}
GROUP BY prefix
ORDER BY prefix

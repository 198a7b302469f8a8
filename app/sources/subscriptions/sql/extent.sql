-- One row: how much is known of subscriptions.
SELECT
    (SELECT count(*) FROM subscriptions) AS subscriptions,
    count(*) AS versions,
    min(started_at) AS first_started_at,
    max(observed_at) AS newest_observed_at
FROM subscription_history

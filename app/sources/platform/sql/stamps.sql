-- What was stamped until when is known of each subscription, whether or not it changed anything.
UPDATE subscriptions AS known
SET updated_at = staged.stamped_at
FROM staged
WHERE known.id = staged.id
    AND (known.updated_at IS NULL OR staged.stamped_at > known.updated_at)
    AND staged.stamped_at IS NOT NULL

-- Moves some learners of the first academy to one of their own.
INSERT INTO academies (id, slug, name) VALUES ({academy}, 'small', 'Small Academy')
ON CONFLICT DO NOTHING;
CREATE TABLE bench_movers AS
SELECT user_id FROM subscription_history WHERE academy_id = 1
GROUP BY user_id ORDER BY user_id LIMIT {learners};
UPDATE subscription_history SET academy_id = {academy}
WHERE academy_id = 1 AND user_id IN (SELECT user_id FROM bench_movers);
UPDATE subscriptions SET academy_id = {academy}
WHERE academy_id = 1 AND user_id IN (SELECT user_id FROM bench_movers);
DROP TABLE bench_movers;
VACUUM ANALYZE subscription_history;
VACUUM ANALYZE subscriptions

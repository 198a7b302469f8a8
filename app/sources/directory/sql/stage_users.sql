-- The rows of a file of users, one for each row.
LOCK TABLE users IN SHARE ROW EXCLUSIVE MODE;

DROP TABLE IF EXISTS staged;

CREATE TEMPORARY TABLE staged (
    row bigint NOT NULL,
    id bigint NOT NULL,
    email text,
    full_name text,
    user_id bigint GENERATED ALWAYS AS (id) STORED
) ON COMMIT DROP

-- The rows of a file of academies, one for each row.
LOCK TABLE academies IN SHARE ROW EXCLUSIVE MODE;

DROP TABLE IF EXISTS staged;

CREATE TEMPORARY TABLE staged (
    row bigint NOT NULL,
    id bigint NOT NULL,
    slug text NOT NULL,
    name text NOT NULL
) ON COMMIT DROP

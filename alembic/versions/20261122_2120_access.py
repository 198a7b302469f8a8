"""Keys of the API, and a number that grows with every change of the directory."""

from alembic import op

revision = "access"
down_revision = "churn"
branch_labels = None
depends_on = None

TABLE = """
CREATE TABLE api_keys (
    id uuid NOT NULL,
    name text NOT NULL,
    prefix text NOT NULL,
    secret_sha256 bytea NOT NULL,
    scopes text[] NOT NULL,
    academies bigint[],
    report_types text[],
    created_at timestamptz NOT NULL,
    created_by text NOT NULL,
    expires_at timestamptz,
    revoked_at timestamptz,
    last_used_at timestamptz,
    CONSTRAINT pk_api_keys PRIMARY KEY (id),
    CONSTRAINT uq_api_keys_prefix UNIQUE (prefix),
    CONSTRAINT ck_api_keys_known_scopes CHECK (cardinality(scopes) > 0 AND scopes <@ ARRAY[
        'reports:read', 'reports:run', 'alerts:read', 'alerts:write', 'data:write',
        'people:read', 'people:erase', 'admin'])
)
"""

COUNT = """
CREATE FUNCTION count_directory_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO service_facts (name, value) VALUES ('directory_version', '1')
    ON CONFLICT (name) DO UPDATE SET value = (service_facts.value::bigint + 1)::text;
    RETURN NULL;
END
$$
"""

TRIGGER = """
CREATE TRIGGER directory_changed AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON {table}
FOR EACH STATEMENT EXECUTE FUNCTION count_directory_change()
"""

DIRECTORY = ("academies", "users")


def upgrade() -> None:
    op.execute(TABLE)
    op.execute(COUNT)
    for table in DIRECTORY:
        op.execute(TRIGGER.format(table=table))


def downgrade() -> None:
    for table in DIRECTORY:
        op.execute(f"DROP TRIGGER directory_changed ON {table}")
    op.execute("DROP FUNCTION count_directory_change()")
    op.drop_table("api_keys")

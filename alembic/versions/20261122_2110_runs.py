"""Runs, what became of each of their days, and the ledger of what is published."""

from alembic import op

revision = "runs"
down_revision = "lake"
branch_labels = None
depends_on = None

TABLES = """
CREATE TABLE service_facts (
    name text NOT NULL,
    value text NOT NULL,
    CONSTRAINT pk_service_facts PRIMARY KEY (name)
);
CREATE TABLE report_runs (
    id uuid NOT NULL,
    report_type text NOT NULL,
    status varchar(9) NOT NULL CONSTRAINT ck_report_runs_run_status
        CHECK (status IN ('PENDING', 'RUNNING', 'DONE', 'PARTIAL', 'ERROR', 'CANCELLED')),
    origin varchar(8) NOT NULL CONSTRAINT ck_report_runs_run_origin
        CHECK (origin IN ('COMMAND', 'REQUEST', 'SCHEDULE')),
    requested_by text NOT NULL,
    request_key bytea NOT NULL,
    day_from date NOT NULL,
    day_to date NOT NULL,
    academies bigint[],
    "only" varchar(7) NOT NULL CONSTRAINT ck_report_runs_run_only
        CHECK ("only" IN ('all', 'missing', 'failed')),
    dry_run boolean NOT NULL,
    force boolean NOT NULL,
    retry_of uuid CONSTRAINT fk_report_runs_retry_of REFERENCES report_runs (id),
    attempt integer NOT NULL,
    worker text,
    backend_pid integer,
    created_at timestamptz NOT NULL,
    started_at timestamptz,
    heartbeat_at timestamptz,
    cancel_requested_at timestamptz,
    finished_at timestamptz,
    bytes_processed bigint NOT NULL,
    bytes_billed bigint NOT NULL,
    error text,
    CONSTRAINT pk_report_runs PRIMARY KEY (id),
    CONSTRAINT ck_report_runs_days_in_order CHECK (day_from <= day_to)
);
CREATE UNIQUE INDEX uq_report_runs_active_request ON report_runs (request_key)
    WHERE status IN ('PENDING', 'RUNNING');
CREATE INDEX ix_report_runs_created_at ON report_runs (created_at);
CREATE TABLE report_run_days (
    run_id uuid NOT NULL,
    report_date date NOT NULL,
    academy_id bigint NOT NULL,
    state varchar(9) NOT NULL CONSTRAINT ck_report_run_days_run_day_state
        CHECK (state IN
            ('PENDING', 'RUNNING', 'PUBLISHED', 'UNCHANGED', 'HELD', 'ERROR', 'CANCELLED',
            'COMPUTED')),
    attempt integer NOT NULL,
    rows integer NOT NULL,
    seconds double precision,
    error text,
    preview jsonb,
    CONSTRAINT pk_report_run_days PRIMARY KEY (run_id, report_date, academy_id),
    CONSTRAINT fk_report_run_days_run_id FOREIGN KEY (run_id)
        REFERENCES report_runs (id) ON DELETE CASCADE
);
CREATE INDEX ix_report_run_days_run_id_state ON report_run_days (run_id, state);
CREATE SEQUENCE report_revisions;
CREATE TABLE report_days (
    report_type text NOT NULL,
    report_date date NOT NULL,
    academy_id bigint NOT NULL,
    state varchar(9) NOT NULL CONSTRAINT ck_report_days_day_state
        CHECK (state IN ('PUBLISHED', 'HELD', 'ERROR')),
    verdict varchar(11) CONSTRAINT ck_report_days_day_verdict
        CHECK (verdict IN ('OK', 'LOW_VOLUME', 'WINDOW_HOLE')),
    reason text,
    forced boolean NOT NULL,
    revision bigint,
    checked_revision bigint,
    run_id uuid NOT NULL,
    rows integer NOT NULL,
    active_by_day integer[],
    scoring_version smallint,
    content_sha256 bytea,
    published_at timestamptz,
    updated_at timestamptz NOT NULL,
    CONSTRAINT pk_report_days PRIMARY KEY (report_type, report_date, academy_id),
    CONSTRAINT ck_report_days_published_revision
        CHECK (state <> 'PUBLISHED' OR revision IS NOT NULL)
);
CREATE INDEX ix_report_days_academy_id_report_date
    ON report_days (report_type, academy_id, report_date);
"""


def upgrade() -> None:
    for statement in TABLES.split(";\n"):
        if statement.strip():
            op.execute(statement)


def downgrade() -> None:
    for table in ("report_days", "report_run_days", "report_runs", "service_facts"):
        op.drop_table(table)
    op.execute("DROP SEQUENCE report_revisions")

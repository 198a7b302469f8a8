"""What is read to make a report: the directory, subscriptions with their history, telemetry."""

from alembic import op

revision = "sources"
down_revision = None
branch_labels = None
depends_on = None

CONTENT = """
    user_id bigint NOT NULL,
    academy_id bigint NOT NULL,
    status varchar(13) NOT NULL CONSTRAINT ck_{table}_status
        CHECK (status IN ('FREE_TRIAL', 'ACTIVE', 'PAYMENT_ISSUE', 'CANCELLED', 'EXPIRED',
            'ERROR', 'DEPRECATED', 'FULLY_PAID')),
    plan text,
    started_at timestamptz NOT NULL,
    trial_ends_at timestamptz,
    next_payment_at timestamptz,
    valid_until timestamptz,
    cancelled_at timestamptz,
    ended_at timestamptz,
    end_reason varchar(11) CONSTRAINT ck_{table}_end_reason
        CHECK (end_reason IN ('VOLUNTARY', 'INVOLUNTARY', 'TRIAL_ENDED', 'COMPLETED', 'OTHER')),
    mrr double precision CONSTRAINT ck_{table}_finite_mrr
        CHECK (mrr >= 0 AND mrr < 'infinity'),
    currency text,
    updated_at timestamptz
"""

TABLES = f"""
CREATE TABLE academies (
    id bigint NOT NULL,
    slug text NOT NULL,
    name text NOT NULL,
    CONSTRAINT pk_academies PRIMARY KEY (id)
);
CREATE TABLE users (
    id bigint NOT NULL,
    email text,
    full_name text,
    CONSTRAINT pk_users PRIMARY KEY (id)
);
CREATE TABLE erased_users (
    user_hash bytea NOT NULL,
    erased_at timestamptz NOT NULL,
    CONSTRAINT pk_erased_users PRIMARY KEY (user_hash)
);
CREATE TABLE service_secrets (
    name text NOT NULL,
    value bytea NOT NULL,
    CONSTRAINT pk_service_secrets PRIMARY KEY (name)
);
CREATE TABLE telemetry_samples (
    user_id bigint NOT NULL,
    timestamp timestamptz NOT NULL,
    engagement_score double precision CONSTRAINT ck_telemetry_samples_engagement_range
        CHECK (engagement_score BETWEEN 0 AND 100),
    frustration_score double precision CONSTRAINT ck_telemetry_samples_frustration_range
        CHECK (frustration_score BETWEEN 0 AND 100),
    CONSTRAINT pk_telemetry_samples PRIMARY KEY (user_id, timestamp)
);
CREATE INDEX ix_telemetry_samples_timestamp ON telemetry_samples (timestamp);
CREATE TABLE subscriptions (
    id text NOT NULL,{CONTENT.format(table="subscriptions")},
    CONSTRAINT pk_subscriptions PRIMARY KEY (id)
);
CREATE TABLE subscription_history (
    version_id bigint GENERATED ALWAYS AS IDENTITY,
    subscription_id text NOT NULL,{CONTENT.format(table="subscription_history")},
    end_reason_given boolean NOT NULL,
    effective_from timestamptz NOT NULL,
    effective_to timestamptz,
    observed_at timestamptz NOT NULL,
    CONSTRAINT pk_subscription_history PRIMARY KEY (version_id),
    CONSTRAINT ck_subscription_history_range_in_order CHECK (effective_to >= effective_from)
);
CREATE INDEX ix_subscription_history_timeline
    ON subscription_history (subscription_id, effective_from, version_id);
CREATE INDEX ix_subscription_history_user_id ON subscription_history (user_id);
CREATE INDEX ix_subscription_history_academy_id_effective_from
    ON subscription_history (academy_id, effective_from);
"""


def upgrade() -> None:
    for statement in TABLES.split(";\n"):
        if statement.strip():
            op.execute(statement)


def downgrade() -> None:
    for table in (
        "subscription_history",
        "subscriptions",
        "telemetry_samples",
        "service_secrets",
        "erased_users",
        "users",
        "academies",
    ):
        op.drop_table(table)

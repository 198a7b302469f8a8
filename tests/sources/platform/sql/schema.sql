-- The tables of the platform that are read, with only the columns that matter here.
CREATE TABLE admissions_academy (id serial PRIMARY KEY, slug varchar(100), name varchar(150));
CREATE TABLE auth_user (
    id serial PRIMARY KEY,
    password varchar(128) NOT NULL DEFAULT 'pbkdf2_sha256$secret',
    email varchar(254) NOT NULL,
    first_name varchar(150) NOT NULL DEFAULT '',
    last_name varchar(150) NOT NULL DEFAULT ''
);
CREATE TABLE payments_currency (id serial PRIMARY KEY, code varchar(3) NOT NULL);
CREATE TABLE payments_cohortset (id serial PRIMARY KEY, slug varchar(100), academy_id int NOT NULL);
CREATE TABLE payments_plan (id serial PRIMARY KEY, slug varchar(60) NOT NULL);
CREATE TABLE payments_bag (id serial PRIMARY KEY, chosen_period varchar(7) NOT NULL);
CREATE TABLE payments_invoice (
    id serial PRIMARY KEY,
    amount double precision NOT NULL,
    currency_id int NOT NULL REFERENCES payments_currency,
    paid_at timestamptz NOT NULL,
    status varchar(17) NOT NULL,
    invoice_kind varchar(20) NOT NULL DEFAULT 'GENERAL',
    bag_id int NOT NULL REFERENCES payments_bag
);
CREATE TABLE payments_subscription (
    id serial PRIMARY KEY,
    status varchar(13) NOT NULL,
    status_message varchar(250),
    last_status_change_at timestamptz,
    user_id int NOT NULL,
    academy_id int NOT NULL,
    selected_cohort_set_id int REFERENCES payments_cohortset,
    currency_id int REFERENCES payments_currency,
    next_payment_at timestamptz NOT NULL,
    valid_until timestamptz,
    pay_every int NOT NULL DEFAULT 1,
    pay_every_unit varchar(10) NOT NULL DEFAULT 'MONTH',
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL
);
CREATE TABLE payments_subscription_plans (id serial, subscription_id int, plan_id int);
CREATE TABLE payments_subscription_invoices (id serial, subscription_id int, invoice_id int);
CREATE TABLE payments_planfinancing (
    id serial PRIMARY KEY,
    status varchar(13) NOT NULL,
    status_message varchar(250),
    last_status_change_at timestamptz,
    user_id int NOT NULL,
    academy_id int NOT NULL,
    currency_id int REFERENCES payments_currency,
    next_payment_at timestamptz NOT NULL,
    valid_until timestamptz NOT NULL,
    plan_expires_at timestamptz NOT NULL,
    monthly_price double precision NOT NULL,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL
);
CREATE TABLE payments_planfinancing_plans (id serial, planfinancing_id int, plan_id int);
CREATE TABLE payments_subscriptionbillingteam (id serial PRIMARY KEY, subscription_id int UNIQUE);
CREATE TABLE payments_subscriptionseat (
    id serial PRIMARY KEY,
    billing_team_id int NOT NULL REFERENCES payments_subscriptionbillingteam,
    user_id int,
    email varchar(254) NOT NULL DEFAULT 'seat@example.com',
    is_active boolean NOT NULL DEFAULT true,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL
);
CREATE TABLE payments_planfinancingteam (id serial PRIMARY KEY, financing_id int UNIQUE);
CREATE TABLE payments_planfinancingseat (
    id serial PRIMARY KEY,
    team_id int NOT NULL REFERENCES payments_planfinancingteam,
    user_id int,
    email varchar(254) NOT NULL DEFAULT 'seat@example.com',
    is_active boolean NOT NULL DEFAULT true,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL
);
CREATE TABLE assignments_assignmenttelemetry (
    id serial PRIMARY KEY,
    user_id int NOT NULL,
    asset_slug varchar(200) NOT NULL,
    engagement_score double precision,
    frustration_score double precision,
    updated_at timestamptz NOT NULL
);
INSERT INTO admissions_academy VALUES (3, 'downtown', 'Downtown');
INSERT INTO auth_user (id, email, first_name, last_name)
VALUES (7, 'ada@example.com', 'Ada', 'Lovelace'), (8, 'bob@example.com', 'Bob', ''),
    (99, 'staff@example.com', 'Never', 'Subscribed');
INSERT INTO payments_currency VALUES (1, 'usd'), (2, 'EUR');
INSERT INTO payments_plan VALUES (1, 'pro'), (2, 'team')

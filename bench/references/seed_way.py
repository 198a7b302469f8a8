"""The second reference: the seed's own way, one Django object a subscriber."""

import argparse
import json
import sys
from datetime import date
from importlib import import_module
from time import perf_counter
from typing import Any
from urllib.parse import parse_qs, urlsplit

ROWS_SQL = """
SELECT DISTINCT ON (user_id)
    user_id, academy_id, report_date, churn_risk_score, risk_level, days_since_last_activity,
    login_count_7d, login_trend, assignments_completed_7d, assignment_trend,
    avg_frustration_score, avg_engagement_score, subscription_status, days_until_renewal,
    has_payment_issues, churn_details(r) AS details
FROM churn_risk_reports AS r WHERE report_date = %s ORDER BY user_id LIMIT %s
"""
BATCH = 1000
KEY = ("user_id", "report_date")
INDEXES = (
    ("academy_id", "report_date", "risk_level"),
    ("risk_level", "report_date"),
    ("-churn_risk_score",),
    ("report_date", "-churn_risk_score"),
)


def rows_a_second(url: str, day: date, count: int) -> float:
    """Save the first `count` rows of a published day in the seed's way, into a new table."""
    connection = _connect(url)
    model = _model()
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE IF EXISTS seed_objects")
        cursor.execute(ROWS_SQL, [day, count])
        names = [column.name for column in cursor.description]
        rows = [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
    with connection.schema_editor() as editor:
        editor.create_model(model)
    connection.cursor().execute("CHECKPOINT")
    began = perf_counter()
    objects = [model(**row) for row in rows]
    others = [name for name in names if name not in KEY]
    model.objects.bulk_create(
        objects,
        batch_size=BATCH,
        update_conflicts=True,
        unique_fields=list(KEY),
        update_fields=others,
    )
    seconds = perf_counter() - began
    connection.cursor().execute("DROP TABLE seed_objects")
    return len(rows) / seconds


def _connect(url: str) -> Any:  # noqa: ANN401 - Django ships no types
    address = urlsplit(url)
    database = {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": address.path.removeprefix("/"),
        "USER": address.username,
        "HOST": parse_qs(address.query)["host"][0],
    }
    settings = import_module("django.conf").settings
    settings.configure(DATABASES={"default": database}, USE_TZ=True)
    import_module("django").setup()
    return import_module("django.db").connection


def _model() -> Any:  # noqa: ANN401 - Django ships no types
    models = import_module("django.db.models")
    meta = {
        "app_label": "bench",
        "db_table": "seed_objects",
        "constraints": [models.UniqueConstraint(fields=KEY, name="uq_seed_objects")],
        "indexes": [
            models.Index(fields=fields, name=f"ix_seed_objects_{n}")
            for n, fields in enumerate(INDEXES)
        ],
    }
    return type(
        "SeedReport",
        (models.Model,),
        {
            "__module__": __name__,
            "Meta": type("Meta", (), meta),
            "user_id": models.IntegerField(),
            "academy_id": models.IntegerField(null=True),
            "report_date": models.DateField(),
            "churn_risk_score": models.FloatField(),
            "risk_level": models.CharField(max_length=20),
            "days_since_last_activity": models.IntegerField(),
            "login_count_7d": models.IntegerField(),
            "login_trend": models.FloatField(null=True),
            "assignments_completed_7d": models.IntegerField(),
            "assignment_trend": models.FloatField(null=True),
            "avg_frustration_score": models.FloatField(null=True),
            "avg_engagement_score": models.FloatField(null=True),
            "subscription_status": models.CharField(max_length=20, null=True),
            "days_until_renewal": models.IntegerField(null=True),
            "has_payment_issues": models.BooleanField(),
            "details": models.JSONField(),
        },
    )


def main() -> None:
    """Run as `python -m bench.references.seed_way URL DAY ROWS`."""
    parser = argparse.ArgumentParser()
    parser.add_argument("url")
    parser.add_argument("day", type=date.fromisoformat)
    parser.add_argument("rows", type=int)
    given = parser.parse_args()
    speed = rows_a_second(given.url, given.day, given.rows)
    sys.stdout.write(json.dumps({"rows_a_second": speed}) + "\n")


if __name__ == "__main__":
    main()

"""What an academy's day comes to."""

import polars as pl

from app.reports.churn.columns import STORED_COLUMNS
from app.reports.churn.daily_summary import active_by_day, summarize
from tests.support.rows import Row, activities, activity, subscriber, subscribers


def scored(*rows: Row) -> pl.DataFrame:
    usual: dict[str, object] = {"academy_id": 1, "churn_risk_score": 10.0, "risk_level": "LOW"}
    usual |= {"subscription_status": "ACTIVE"}
    whole = [{**dict.fromkeys(STORED_COLUMNS), **usual, **row} for row in rows]
    return pl.DataFrame(whole, schema=dict(STORED_COLUMNS))


def test_levels_and_statuses_are_counted_for_each_academy() -> None:
    summary = summarize(
        scored(
            {"academy_id": 2, "risk_level": "HIGH", "subscription_status": "PAYMENT_ISSUE"},
            {"risk_level": "CRITICAL", "subscription_status": "FREE_TRIAL"},
            {"risk_level": "MEDIUM"},
            {},
        )
    )

    counts = summary.drop("score_sum", "mrr_by_level").rows()
    assert counts == [(1, 3, 1, 1, 0, 1, 1, 2, 0), (2, 1, 0, 0, 1, 0, 0, 0, 1)]


def test_scores_are_summed_exactly() -> None:
    summary = summarize(scored(*[{"churn_risk_score": 0.1}] * 3, {"churn_risk_score": 84.62}))

    assert summary["score_sum"].item() == 84.92


def test_amounts_are_nested_by_currency_and_level() -> None:
    summary = summarize(
        scored(
            {"mrr": 0.1, "currency": "EUR"},
            {"mrr": 0.2, "currency": "EUR"},
            {"mrr": 5.0, "currency": "EUR", "risk_level": "HIGH"},
            {"mrr": 7.0, "currency": "USD"},
            {"mrr": 9.0},
            {},
        )
    )

    (row,) = summary.to_dicts()
    assert row["mrr_by_level"] == {
        "EUR": {"HIGH": 5.0, "LOW": 0.3},
        "USD": {"LOW": 7.0},
        "XXX": {"LOW": 9.0},
    }


def test_large_amounts_do_not_overflow() -> None:
    (row,) = summarize(scored(*[{"mrr": 9e14, "currency": "EUR"}] * 200)).to_dicts()

    assert row["mrr_by_level"] == {"EUR": {"LOW": 1.8e17}}


def test_an_academy_without_amounts_has_none() -> None:
    (row,) = summarize(scored({})).to_dicts()

    assert row["mrr_by_level"] == {}


def test_no_rows_come_to_nothing() -> None:
    assert summarize(scored()).is_empty()


def test_active_subscribers_are_counted_for_each_day() -> None:
    people = subscribers(
        subscriber(academy_id=1, user_id=1),
        subscriber(academy_id=1, user_id=2),
        subscriber(academy_id=2, user_id=2),
        subscriber(academy_id=3, user_id=3),
    )
    seen = activities(
        activity(user_id=1, active_days=0b1),
        activity(user_id=2, active_days=0b10000000000011),
        activity(user_id=9, active_days=0b1),
    )

    counts = dict(active_by_day(people, seen).iter_rows())

    assert counts == {
        1: [2, 1, *[0] * 11, 1],
        2: [1, 1, *[0] * 11, 1],
        3: [0] * 14,
    }

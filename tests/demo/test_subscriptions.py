from datetime import UTC, datetime, timedelta

import polars as pl

from tests.demo.conftest import PLAN, Story

END = datetime(2026, 11, 22, tzinfo=UTC)
PAST = ["started_at", "cancelled_at", "ended_at", "updated_at"]


def successive(story: Story) -> pl.DataFrame:
    """Pair each version with the status and the instant of the one before."""
    return story.frame("subscription_history").with_columns(
        before=pl.col("status").shift().over("id"),
        since=pl.col("effective_from").shift().over("id"),
    )


def test_versions_of_a_subscription_take_effect_one_after_the_other(story: Story) -> None:
    later = successive(story).filter(pl.col("before").is_not_null())

    assert later.height > 0
    assert (later["effective_from"] > later["since"]).all()


def test_the_first_version_takes_effect_when_the_subscription_starts(story: Story) -> None:
    first = successive(story).filter(pl.col("before").is_null())

    assert (first["effective_from"] == first["started_at"]).all()
    assert first["status"].is_in(["FREE_TRIAL", "ACTIVE"]).all()


def test_the_final_state_is_the_last_version(story: Story) -> None:
    last = story.frame("subscription_history").group_by("id", maintain_order=True).last()

    assert last.drop("effective_from").equals(story.frame("subscriptions"))


def test_nothing_that_happened_lies_ahead_or_before_the_start(story: Story) -> None:
    history = story.frame("subscription_history")

    for column in [*PAST, "effective_from"]:
        assert history.filter(pl.col(column) >= END).is_empty(), column
        assert history.filter(pl.col(column) < pl.col("started_at")).is_empty(), column
    oldest = END - timedelta(days=PLAN.days + 14 + 731 + 60)
    assert history.filter(pl.col("started_at") < oldest).is_empty()


def test_changes_follow_the_life_cycle(story: Story) -> None:
    later = successive(story).filter(pl.col("before").is_not_null())

    assert set(later.select("before", "status").iter_rows()) <= {
        ("ACTIVE", "ACTIVE"),
        ("ACTIVE", "PAYMENT_ISSUE"),
        ("ACTIVE", "ERROR"),
        ("PAYMENT_ISSUE", "ACTIVE"),
        ("PAYMENT_ISSUE", "EXPIRED"),
        ("ERROR", "ACTIVE"),
        ("ERROR", "EXPIRED"),
        ("ACTIVE", "CANCELLED"),
        ("ACTIVE", "FULLY_PAID"),
        ("ACTIVE", "DEPRECATED"),
    }


def test_each_status_says_how_it_ended(story: Story) -> None:
    ends = story.frame("subscription_history").select(
        "status",
        "end_reason",
        cancelled=pl.col("cancelled_at").is_not_null(),
        ended=pl.col("ended_at").is_not_null(),
    )

    assert set(ends.iter_rows()) == {
        ("FREE_TRIAL", None, False, False),
        ("ACTIVE", None, False, False),
        ("PAYMENT_ISSUE", None, False, False),
        ("ERROR", None, False, False),
        ("CANCELLED", "VOLUNTARY", True, False),
        ("EXPIRED", "INVOLUNTARY", False, True),
        ("FULLY_PAID", "COMPLETED", False, True),
        ("DEPRECATED", "OTHER", False, True),
    }


def test_payment_trouble_lasts_seven_days_at_most(story: Story) -> None:
    over = successive(story).filter(pl.col("before").is_in(["PAYMENT_ISSUE", "ERROR"]))

    lasted = over["effective_from"] - over["since"]
    assert {"ACTIVE", "EXPIRED"} == set(over["status"])
    assert lasted.max() == timedelta(days=7)
    assert (over["effective_from"] - over["next_payment_at"]).max() == timedelta(days=7)


def test_who_lives_has_the_next_payment_ahead(story: Story) -> None:
    active = story.frame("subscriptions").filter(status="ACTIVE")

    assert (active["next_payment_at"] >= END).all()
    assert (active["next_payment_at"] > active["updated_at"]).all()


def test_who_cancels_keeps_what_is_paid_for(story: Story) -> None:
    cancelled = story.frame("subscriptions").filter(status="CANCELLED")

    assert (cancelled["next_payment_at"] > cancelled["cancelled_at"]).all()


def test_trials_end_when_they_say_and_some_convert(story: Story) -> None:
    subscriptions = story.frame("subscriptions")
    trials = subscriptions.filter(plan="trial")
    paid = subscriptions.filter(pl.col("plan") != "trial")

    assert set(trials["status"]) == {"FREE_TRIAL"}
    assert (trials["valid_until"] == trials["trial_ends_at"]).all()
    converted = trials.join(paid, on=["user_id", "academy_id"])
    assert 0 < converted.height < trials.height
    assert (converted["started_at_right"] <= converted["trial_ends_at"]).all()


def test_a_few_in_a_hundred_leave_in_a_month(story: Story) -> None:
    left = story.frame("subscriptions").filter(
        pl.col("end_reason").is_in(["VOLUNTARY", "INVOLUNTARY"]),
        pl.coalesce("cancelled_at", "ended_at") >= END - timedelta(days=30),
    )

    assert 0.02 * PLAN.learners < left.height < 0.07 * PLAN.learners


def test_new_subscribers_arrive_while_others_are_older(story: Story) -> None:
    started = story.frame("subscriptions")["started_at"]

    young = (started >= END - timedelta(days=PLAN.days)).mean()
    assert 0.1 < young < 0.5  # type: ignore[operator]
    assert (started < END - timedelta(days=365)).any()


def test_renewals_leave_a_bag_that_is_not_the_learners_doing(story: Story) -> None:
    renewed = successive(story).filter(
        pl.col("before") == "ACTIVE",
        pl.col("status") == "ACTIVE",
        pl.col("effective_from").dt.date() >= PLAN.first_day,
    )
    bags = story.frame("activity").filter(kind="bag_created")

    missing = renewed.join(
        bags, left_on=["user_id", "effective_from"], right_on=["user_id", "timestamp"], how="anti"
    )
    assert renewed.height > 0
    assert missing.is_empty()

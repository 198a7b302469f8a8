from datetime import UTC, datetime, timedelta

import polars as pl
import pyarrow as pa
import pytest

from app.demo.plan import SimulationPlan
from app.demo.simulation import ACTIVITY_SCHEMA, TELEMETRY_SCHEMA
from app.kit.errors import Invalid
from tests.demo.conftest import PLAN, Story, tell

END = datetime(2026, 11, 22, tzinfo=UTC)
NOT_THE_LEARNERS = [
    "assignment_review_status_updated",
    "bag_created",
    "invite_status_updated",
    "joined_cohort",
]


def test_one_seed_gives_one_story_on_any_number_of_threads(story: Story) -> None:
    again = tell(threads=1)

    assert again == story


def test_another_seed_gives_another_story(story: Story) -> None:
    other = tell(seed=2)

    assert other.activity != story.activity
    assert other.subscription_history != story.subscription_history


def test_how_days_are_chunked_changes_nothing(
    story: Story, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.demo.simulation.LEARNER_DAYS_A_QUERY", 7 * PLAN.learners)

    chunked = tell()

    assert chunked == story


def test_batches_have_the_canonical_schema(story: Story) -> None:
    assert story.activity.schema == ACTIVITY_SCHEMA
    assert story.telemetry.schema == TELEMETRY_SCHEMA
    assert story.subscription_history.schema.field("effective_from").type == pa.timestamp(
        "us", tz="UTC"
    )


def test_activity_fills_the_days_and_those_before_and_lies_in_order(story: Story) -> None:
    days = story.frame("activity")["timestamp"]

    assert days.is_sorted()
    assert days.dt.date().n_unique() == PLAN.days + 14
    assert days.dt.date()[0] == PLAN.first_day
    assert days[-1] < END


def test_telemetry_has_one_sample_an_instant_within_its_bounds(story: Story) -> None:
    samples = story.frame("telemetry")

    assert samples.select("user_id", "timestamp").is_unique().all()
    assert samples["engagement_score"].is_between(0, 100).all()
    assert samples["frustration_score"].is_between(0, 100).all()
    assert 0 < samples["engagement_score"].null_count() < samples.height / 20
    assert samples["timestamp"].max() < END  # type: ignore[operator]
    assert samples["user_id"].n_unique() < PLAN.learners / 2


def test_weekends_are_quieter_than_other_days(story: Story) -> None:
    counts = story.frame("activity").group_by(pl.col("timestamp").dt.weekday()).len()

    by_weekday = dict(counts.iter_rows())
    assert max(by_weekday[6], by_weekday[7]) < 0.75 * min(by_weekday[day] for day in range(1, 6))


def test_every_archetype_is_there_and_most_are_steady(story: Story) -> None:
    shares = dict(
        story.frame("learners").group_by("archetype").agg(pl.len() / PLAN.learners).iter_rows()
    )

    assert sorted(shares) == [
        "bursty",
        "fading",
        "never_started",
        "payment_trouble",
        "steady",
        "trial_converting",
        "trial_lapsing",
    ]
    assert shares["steady"] > 0.5


def test_the_quirks_of_the_real_table_are_kept(story: Story) -> None:
    activity = story.frame("activity")

    kinds = set(activity["kind"])
    assert kinds.issuperset(NOT_THE_LEARNERS)
    assert "playground_opened" in kinds
    copies = activity.height - activity["id"].n_unique()
    assert 0.005 < copies / activity.height < 0.02
    assert activity.unique().height == activity["id"].n_unique()
    assert activity.filter(kind="assignment_status_updated")["task_status"].null_count() > 0


def test_some_learners_never_name_a_task(story: Story) -> None:
    unnamed = (
        story.frame("activity")
        .filter(kind="read_assignment")
        .group_by("user_id")
        .agg(pl.col("related_id").is_null().all())
    )

    assert 0 < unnamed["related_id"].sum() < PLAN.learners / 20


def test_reviews_carry_reviewers_of_whom_few_are_learners(story: Story) -> None:
    activity = story.frame("activity")

    reviewers = activity.filter(kind="assignment_review_status_updated")["user_id"]
    staff = reviewers > PLAN.learners
    assert staff.mean() > 0.9  # type: ignore[operator]
    assert not staff.all()
    assert reviewers.is_in(story.frame("users")["id"].to_list()).all()


def test_a_login_is_written_for_each_academy_of_the_learner(story: Story) -> None:
    activity = story.frame("activity").unique("id")

    logins = activity.filter(kind="login").group_by("user_id", "timestamp").len()
    twice = set(logins.filter(pl.col("len") > 1)["user_id"])
    per_user = story.frame("subscriptions").group_by("user_id").agg(pl.col("academy_id").n_unique())
    in_two = set(per_user.filter(academy_id=2)["user_id"])
    assert twice
    assert twice <= in_two
    assert len(in_two) == PLAN.learners / 50


def test_fading_learners_do_less_in_the_end_than_steady_ones(story: Story) -> None:
    last_week = story.frame("activity").filter(pl.col("timestamp") >= END - timedelta(days=7))

    counts = story.frame("learners").join(
        last_week.group_by("user_id").len(), on="user_id", how="left"
    )
    means = dict(counts.group_by("archetype").agg(pl.col("len").fill_null(0).mean()).iter_rows())
    assert means["fading"] < 0.6 * means["steady"]
    assert means["never_started"] < 0.2 * means["steady"]


def test_nobody_has_a_made_up_name(story: Story) -> None:
    users = story.frame("users")

    assert users["email"].str.contains(r"^(learner|reviewer)-\d+@example\.org$").all()
    assert users["full_name"].str.contains(r"^(Learner|Reviewer) \d+$").all()


def test_academies_have_distinct_slugs() -> None:
    academies = tell(academies=6, learners=60, days=1).academies.to_pylist()

    assert [academy["id"] for academy in academies] == [1, 2, 3, 4, 5, 6]
    assert academies[0] == {"id": 1, "slug": "northwind-code-school", "name": academies[0]["name"]}
    assert len({academy["slug"] for academy in academies}) == 6


def test_one_learner_alone_for_a_day_is_a_plan_too() -> None:
    story = tell(learners=1, academies=1, days=1, warmup_days=0)

    assert story.learners.num_rows == 1
    assert story.activity.schema == ACTIVITY_SCHEMA


@pytest.mark.parametrize(
    "change",
    [{"learners": 0}, {"days": 0}, {"seed": -1}, {"academies": 0}, {"warmup_days": -1}],
    ids=str,
)
def test_a_plan_out_of_range_is_refused(change: dict[str, int]) -> None:
    with pytest.raises(Invalid) as caught:
        SimulationPlan(last_day=PLAN.last_day, **change)

    assert [fault.pointer for fault in caught.value.faults] == [f"/{name}" for name in change]

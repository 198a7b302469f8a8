"""Activity, and what `features.sql` must make of it, written by hand."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from zoneinfo import ZoneInfo

from tests.support.lake import completed_assignment, event

D = date(2026, 3, 14)
UTC_ZONE = ZoneInfo("UTC")
Expected = tuple[date, int, int, int, int, int, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """Events, and the expected (day, user, active_days, logins, prior, completed, prior)."""

    name: str
    events: Sequence[dict[str, object]]
    expected: Sequence[Expected]
    days: Sequence[date] = (D,)
    zone: str = "UTC"


def bits(*ages: int) -> int:
    """Return `active_days` of somebody active so many days before the report day."""
    return sum(1 << age for age in ages)


WINDOW = [
    Case(name="nothing happened", events=[], expected=[]),
    Case(
        name="the last microsecond of D counts, the next does not",
        events=[event("2026-03-14 23:59:59.999999"), event("2026-03-15 00:00:00", user_id=2)],
        expected=[(D, 1, bits(0), 1, 0, 0, 0)],
    ),
    Case(
        name="the first microsecond of D-6 is in the week",
        events=[event("2026-03-08 00:00:00")],
        expected=[(D, 1, bits(6), 1, 0, 0, 0)],
    ),
    Case(
        name="the last microsecond of D-7 is in the prior week",
        events=[event("2026-03-07 23:59:59.999999")],
        expected=[(D, 1, bits(7), 0, 1, 0, 0)],
    ),
    Case(
        name="the first microsecond of D-13 is in the prior week",
        events=[event("2026-03-01 00:00:00")],
        expected=[(D, 1, bits(13), 0, 1, 0, 0)],
    ),
    Case(
        name="the last microsecond of D-14 is outside",
        events=[event("2026-02-28 23:59:59.999999")],
        expected=[],
    ),
    Case(
        name="the future and the distant past are outside",
        events=[event("2031-01-01 00:00:00"), event("2013-01-01 00:00:00")],
        expected=[],
    ),
    Case(
        name="completions have the same edges as logins",
        events=[
            completed_assignment("2026-03-14 23:59:59.999999", related_id=1),
            completed_assignment("2026-03-08 00:00:00", related_id=2),
            completed_assignment("2026-03-07 23:59:59.999999", related_id=3),
            completed_assignment("2026-03-01 00:00:00", related_id=4),
            completed_assignment("2026-02-28 23:59:59.999999", related_id=5),
            completed_assignment("2026-03-15 00:00:00", related_id=6),
        ],
        expected=[(D, 1, bits(0, 6, 7, 13), 0, 0, 2, 2)],
    ),
]

MEANING = [
    Case(
        name="repeated rows count once",
        events=[event("2026-03-14 10:00:00")] * 3
        + [completed_assignment("2026-03-13 10:00:00", related_id=1)] * 2,
        expected=[(D, 1, bits(0, 1), 1, 0, 1, 0)],
    ),
    Case(
        name="logins within a minute are one, whichever academy they are written for",
        events=[
            event("2026-03-14 10:00:00", id="a", academy_id=1),
            event("2026-03-14 10:00:59.999999", id="b", academy_id=2),
            event("2026-03-14 10:01:00", id="c", academy_id=2),
        ],
        expected=[(D, 1, bits(0), 2, 0, 0, 0)],
    ),
    Case(
        name="the five kinds that are not the learner's doing",
        events=[
            event("2026-03-14 10:00:00", kind)
            for kind in (
                "assignment_review_status_updated",
                "bag_created",
                "joined_cohort",
                "invite_created",
                "invite_status_updated",
            )
        ],
        expected=[],
    ),
    Case(
        name="unknown kinds and no kind are activity",
        events=[event("2026-03-14 10:00:00", "danced"), event("2026-03-12 10:00:00", None)],
        expected=[(D, 1, bits(0, 2), 0, 0, 0, 0)],
    ),
    Case(
        name="a row without user or timestamp does not count",
        events=[event("2026-03-14 10:00:00", user_id=None), event(None)],
        expected=[],
    ),
    Case(
        name="DONE and no status are completions, others are activity",
        events=[
            completed_assignment("2026-03-14 10:00:00", related_id=1),
            completed_assignment("2026-03-14 10:00:00", related_id=2, task_status=None),
            completed_assignment("2026-03-14 10:00:00", related_id=3, task_status="PENDING"),
            completed_assignment("2026-03-14 10:00:00", related_id=4, task_status="done"),
            completed_assignment("2026-03-14 10:00:00", related_id=5, task_status=""),
        ],
        expected=[(D, 1, bits(0), 0, 0, 2, 0)],
    ),
    Case(
        name="what is completed is the related thing, else the event, else nothing",
        events=[
            completed_assignment("2026-03-14 10:00:00", related_id=5, id="a"),
            completed_assignment("2026-03-14 11:00:00", related_id=5, id="b"),
            completed_assignment("2026-03-14 12:00:00", id="5"),
            completed_assignment("2026-03-14 13:00:00", id="c"),
            completed_assignment("2026-03-14 14:00:00", id=None),
        ],
        expected=[(D, 1, bits(0), 0, 0, 3, 0)],
    ),
    Case(
        name="an assignment completed often in a week counts once in it",
        events=[
            completed_assignment(f"2026-03-{day:02} 10:00:00", related_id=5) for day in range(1, 8)
        ],
        expected=[(D, 1, bits(*range(7, 14)), 0, 0, 0, 1)],
    ),
    Case(
        name="an assignment completed in both weeks counts in both",
        events=[
            completed_assignment("2026-03-14 10:00:00", related_id=5),
            completed_assignment("2026-03-10 10:00:00", related_id=5),
            completed_assignment("2026-03-07 10:00:00", related_id=5),
            completed_assignment("2026-03-02 10:00:00", related_id=5),
        ],
        expected=[(D, 1, bits(0, 4, 7, 12), 0, 0, 1, 1)],
    ),
    Case(
        name="two learners who complete the same thing",
        events=[
            completed_assignment("2026-03-14 10:00:00", related_id=5, user_id=user)
            for user in (1, 2)
        ],
        expected=[(D, 1, bits(0), 0, 0, 1, 0), (D, 2, bits(0), 0, 0, 1, 0)],
    ),
]

DAYS = [
    Case(
        name="days far apart in one scan, and what lies between is nobody's",
        days=[date(2026, 1, 14), D, date(2026, 3, 15)],
        events=[
            event("2026-01-01 00:00:00"),
            event("2026-02-10 00:00:00"),
            event("2026-03-08 10:00:00"),
            event("2026-03-15 10:00:00", user_id=2),
        ],
        expected=[
            (date(2026, 1, 14), 1, bits(13), 0, 1, 0, 0),
            (D, 1, bits(6), 1, 0, 0, 0),
            (date(2026, 3, 15), 1, bits(7), 0, 1, 0, 0),
            (date(2026, 3, 15), 2, bits(0), 1, 0, 0, 0),
        ],
    ),
    Case(
        name="each day sees a repeated completion where its own weeks put it",
        days=[date(2026, 3, day) for day in (10, 11, 12, 17, 18, 19, 24, 25)],
        events=[
            completed_assignment("2026-03-11 10:00:00", related_id=5),
            completed_assignment("2026-03-12 10:00:00", related_id=5),
        ],
        expected=[
            (date(2026, 3, 11), 1, bits(0), 0, 0, 1, 0),
            (date(2026, 3, 12), 1, bits(0, 1), 0, 0, 1, 0),
            (date(2026, 3, 17), 1, bits(5, 6), 0, 0, 1, 0),
            (date(2026, 3, 18), 1, bits(6, 7), 0, 0, 1, 1),
            (date(2026, 3, 19), 1, bits(7, 8), 0, 0, 0, 1),
            (date(2026, 3, 24), 1, bits(12, 13), 0, 0, 0, 1),
            (date(2026, 3, 25), 1, bits(13), 0, 0, 0, 1),
        ],
    ),
    Case(
        name="what is completed again later does not reach back into an earlier day's weeks",
        days=[D, date(2026, 3, 20)],
        events=[
            completed_assignment("2026-03-06 10:00:00", related_id=5),
            completed_assignment("2026-03-20 10:00:00", related_id=5),
        ],
        expected=[(D, 1, bits(8), 0, 0, 0, 1), (date(2026, 3, 20), 1, bits(0), 0, 0, 1, 0)],
    ),
    Case(
        name="the same day asked twice is one",
        days=[D, D],
        events=[event("2026-03-14 10:00:00")],
        expected=[(D, 1, bits(0), 1, 0, 0, 0)],
    ),
]

ZONES = [
    Case(
        name="a day of 23 hours begins at 23:00 UTC and ends at 22:00",
        zone="Europe/Madrid",
        days=[date(2026, 3, 29)],
        events=[
            event("2026-03-28 22:59:59.999999"),
            event("2026-03-28 23:00:00", user_id=2),
            event("2026-03-29 21:59:59.999999", user_id=3),
            event("2026-03-29 22:00:00", user_id=4),
        ],
        expected=[
            (date(2026, 3, 29), 1, bits(1), 1, 0, 0, 0),
            (date(2026, 3, 29), 2, bits(0), 1, 0, 0, 0),
            (date(2026, 3, 29), 3, bits(0), 1, 0, 0, 0),
        ],
    ),
    Case(
        name="a day of 25 hours within the window moves the days before it",
        zone="America/New_York",
        days=[date(2026, 11, 2)],
        events=[
            event("2026-11-01 03:59:59.999999"),
            event("2026-11-01 04:00:00", user_id=2),
            event("2026-11-02 04:59:59.999999", user_id=3),
            event("2026-11-02 05:00:00", user_id=4),
            event("2026-10-20 04:00:00", user_id=5),
            event("2026-10-20 03:59:59.999999", user_id=6),
        ],
        expected=[
            (date(2026, 11, 2), 1, bits(2), 1, 0, 0, 0),
            (date(2026, 11, 2), 2, bits(1), 1, 0, 0, 0),
            (date(2026, 11, 2), 3, bits(1), 1, 0, 0, 0),
            (date(2026, 11, 2), 4, bits(0), 1, 0, 0, 0),
            (date(2026, 11, 2), 5, bits(13), 0, 1, 0, 0),
        ],
    ),
    Case(
        name="both changes of a year in one scan",
        zone="Europe/Madrid",
        days=[date(2026, 3, 20), date(2026, 7, 1), date(2026, 11, 1)],
        events=[
            event("2026-03-19 23:00:00"),
            event("2026-06-30 22:00:00", user_id=2),
            event("2026-10-31 23:00:00", user_id=3),
        ],
        expected=[
            (date(2026, 3, 20), 1, bits(0), 1, 0, 0, 0),
            (date(2026, 7, 1), 2, bits(0), 1, 0, 0, 0),
            (date(2026, 11, 1), 3, bits(0), 1, 0, 0, 0),
        ],
    ),
    Case(
        name="an hour before midnight that comes twice belongs to the same day twice",
        zone="Asia/Beirut",
        days=[date(2026, 3, 20), date(2026, 10, 24)],
        events=[event("2026-10-24 20:30:00"), event("2026-10-24 21:00:00", user_id=2)],
        expected=[
            (date(2026, 10, 24), 1, bits(0), 1, 0, 0, 0),
            (date(2026, 10, 24), 2, bits(0), 1, 0, 0, 0),
        ],
    ),
    Case(
        name="a zone of half an hour, west of midnight and never changing",
        zone="Asia/Kolkata",
        events=[event("2026-03-13 18:30:00"), event("2026-03-14 18:29:59.999999", user_id=2)],
        expected=[(D, 1, bits(0), 1, 0, 0, 0), (D, 2, bits(0), 1, 0, 0, 0)],
    ),
]

CASES = [*WINDOW, *MEANING, *DAYS, *ZONES]

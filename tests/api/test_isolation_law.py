"""Whatever a key of one academy asks, it learns and changes nothing of another one."""

import json
from collections.abc import AsyncIterator, Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from app.kit.db.engine import Database
from tests.support.openapi_document import DOCUMENT, OPERATIONS
from tests.support.two_academies import (
    MOST,
    OWN,
    SECRETS,
    TwoAcademies,
    two_academies,
)

pytestmark = pytest.mark.usefixtures("untraced")

COUNTS = {
    *("total", "subscribers", "rows", "alerts", "learners", "opened", "judged", "still_open"),
    *("LOW", "MEDIUM", "HIGH", "CRITICAL", "PUBLISHED", "ACTIVE", "payment_issues"),
}
KEYED = [name for name, operation in OPERATIONS.items() if operation.get("security")]
POOLS = {"user_id": "user", "from": "date", "to": "date", "date_from": "date", "date_to": "date"}
POOLS |= {"triggered_from": "date", "triggered_to": "date", "report_type": "type"}
OF_KIND: Mapping[str, list[Any]] = {
    "boolean": [True, False],
    "integer": [1, 2, 50],
    "number": [0, 20.5, 100],
    "string": ["none", "churn"],
}
IDS = ("academy", "user", "alert_id", "run_id", "key_id", "cursor")
LONG = 8
SPELLINGS = (
    *(" {}", "{} ", "\t{}", "\u00a0{}", "{}\u3000", "{}\u200b", "\ufeff{}", "0{}", "+{}", "{}.0"),
    *("{}e0", "{}_", "-{}", "{},1", "%20{}", "{}%00"),
)
"""Other ways to write an id, some of which a reader takes for the id itself."""
WIDE = {ord(digit): chr(0xFF10 + int(digit)) for digit in "0123456789"}
Asked = tuple[str, str, list[tuple[str, Any]], object, list[str]]
"""A method, a path, a query, a body, and what path and query name, as it is written."""


def spellings_of(value: object) -> list[str]:
    """List ways to write a value, the first of which is as it is."""
    plain = str(value).lower() if value in (True, False) else str(value)
    others = [spelling.format(plain) for spelling in SPELLINGS]
    encoded = quote(quote(plain, safe=""))
    return [plain, *others, plain.upper(), plain.translate(WIDE), encoded, plain[:-1] + "*"]


def spelled(value: object) -> st.SearchStrategy[str]:
    """Write a value as it is, half of the time, or in another way."""
    plain, *others = spellings_of(value)
    return st.just(plain) | st.sampled_from(others)


def values_of(parameter: Mapping[str, Any], known: Mapping[str, list[Any]]) -> list[Any]:
    """List what a parameter may be: what there is, of whomever, else what its schema says."""
    name = POOLS.get(parameter["name"], parameter["name"])
    if name in known:
        return known[name]
    schema = parameter["schema"]
    while not {"enum", "type"} & set(schema) or schema.get("type") == "array":
        schema = schema.get("items") or schema.get("anyOf", [schema])[0]
        if reference := schema.get("$ref"):
            schema = DOCUMENT["components"]["schemas"][reference.rpartition("/")[2]]
    return schema.get("enum") or OF_KIND[schema["type"]]


def bodies_of(name: str, known: Mapping[str, list[Any]]) -> list[object]:
    """List what may be sent to an operation, of whomever."""
    academies, users, alerts = known["academy"], known["user"], known["alert_id"]
    often = {"status": "ACTIVE", "started_at": "2025-01-01T00:00:00Z"}
    rows = [
        [{"id": f"s{one}", "user_id": other, "academy_id": academy, **often}]
        for one in users
        for other in users
        for academy in academies
    ]
    rows += [
        [{"id": spelling, "user_id": 1, "academy_id": OWN, **often}]
        for spelling in spellings_of(f"s{users[1]}")
    ]
    rule = {"churn": {"PAYMENT_RISK": {"enabled": False}}}
    made: Mapping[str, list[object]] = {
        "runReport": [{}, *({"academy": [one], "dry_run": True} for one in academies)],
        "planReport": [{}, *({"academy": [one], "days_back": 3} for one in academies)],
        "changeAlert": [{"note": "n"}, {"status": "RESOLVED"}, {"assignee": "eve"}],
        "resolveAlerts": [
            {"alerts": [{"id": one}, {"id": two}]} for one in alerts for two in alerts
        ],
        "putAcademies": [[{"id": one, "slug": f"s{one}", "name": "n"}] for one in academies],
        "putUsers": [[{"id": one, "email": "new@example.com"}] for one in users],
        "putSubscriptions": [*rows],
        "createKey": [{"name": "k", "scopes": ["alerts:read"], "academies": [1, 2]}],
        "putAlertRules": [{"academy": one, "reports": rule} for one in (*academies, None)],
    }
    return made.get(name, [None])


def leaves(value: object, name: str = "") -> Iterator[tuple[str, object]]:
    """List all that an answer says, but for sums of money, by name."""
    if isinstance(value, dict):
        for key, each in value.items():
            yield from leaves(each, key) if key != "mrr_by_level" else ()
    elif isinstance(value, list):
        for each in value:
            yield from leaves(each, name)
    else:
        yield name, value


@st.composite
def requests(draw: st.DrawFn, name: str, known: Mapping[str, list[Any]]) -> Asked:
    """Draw a request to an operation."""
    operation, query, named = OPERATIONS[name], [], []
    path: str = operation["path"]
    for parameter in operation.get("parameters", ()):
        if parameter["in"] == "path":
            value = draw(st.sampled_from(values_of(parameter, known)))
            name_in_path = f"{{{parameter['name']}}}"
            path = path.replace(name_in_path, quote(draw(spelled(value)), safe="%"))
            named.append(str(value))
        elif parameter["in"] == "query" and draw(st.integers(0, 3)) == 3:
            value = draw(st.sampled_from(values_of(parameter, known)))
            query.append((parameter["name"], draw(spelled(value))))
            named.append(str(value))
    body = draw(st.sampled_from(bodies_of(name, known)))
    return operation["method"], path, query, body, named


@pytest.fixture
async def two(database: Database, tmp_path: Path) -> AsyncIterator[TwoAcademies]:
    """One academy asks about another one."""
    async with two_academies(database, tmp_path) as found:
        yield found


async def test_no_other_spelling_of_an_id_reaches_another_academy(two: TwoAcademies) -> None:
    before = await two.others()

    for name in KEYED:
        for parameter in OPERATIONS[name].get("parameters", ()):
            pool = POOLS.get(parameter["name"], parameter["name"])
            for value in two.known[pool][:2][-1:] if pool in IDS else ():
                for spelling in spellings_of(value):
                    asked = client(name, two.known, {parameter["name"]: spelling}, str(value))
                    method, path, query, body, _ = asked
                    check(asked, await two.client.request(method, path, params=query, json=body))

    assert await two.others() == before


def client(
    name: str, known: Mapping[str, list[Any]], given: Mapping[str, str], value: str
) -> Asked:
    """Ask of an operation what is given, and no more than must be."""
    operation = OPERATIONS[name]
    path: str = operation["path"]
    query: list[tuple[str, Any]] = []
    for parameter in operation["parameters"]:
        said = given.get(parameter["name"])
        if parameter["in"] == "path":
            said = said or str(values_of(parameter, known)[0])
            path = path.replace(f"{{{parameter['name']}}}", quote(said, safe="%"))
        elif said is not None:
            query.append((parameter["name"], said))
    return operation["method"], path, query, bodies_of(name, known)[0], [value]


@pytest.mark.law
@given(data=st.data())
@settings(phases=[Phase.generate], suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_no_request_reads_or_changes_another_academy(
    two: TwoAcademies, data: st.DataObject
) -> None:
    before = await two.others()

    for name in KEYED:
        asked = data.draw(requests(name, two.known))
        method, path, query, body, _ = asked
        check(asked, await two.client.request(method, path, params=query, json=body))

    assert await two.others() == before


def check(asked: Asked, answer: httpx.Response) -> None:
    """See that an answer says nothing of the other academy but what was asked.

    What fails is not made smaller: that takes minutes, and the request is told.
    """
    said = f"{answer.text} {answer.headers}"
    for known in asked[4]:
        said = said.replace(known, "") if len(known) > LONG else said
    is_json = "json" in answer.headers.get("content-type", "")
    told = [json.loads(line) for line in answer.text.splitlines()] if is_json else None
    assert answer.status_code < 500
    assert answer.status_code != 401, "it may ask no more"
    assert [secret for secret in SECRETS if secret in said] == [], asked
    for name, value in leaves(told):
        assert name != "academy_id" or value in (OWN, None), asked
        assert name not in COUNTS or value is None or float(str(value)) <= MOST, (name, asked)

"""What is asked of alerts over HTTP."""

import re
from enum import StrEnum
from typing import Annotated, Self

from fastapi import Header, Response
from pydantic import BaseModel, ConfigDict, Field, model_validator

from app.alerts.actions.commands import (
    Acknowledge,
    Assign,
    Command,
    Note,
    Reopen,
    Resolve,
    Snooze,
)
from app.alerts.actions.handler import MOST_AT_ONCE, Stale
from app.alerts.api.examples import BULK, PATCH, RULES_ASKED
from app.alerts.enums import (
    Action,
    AlertOrigin,
    AlertStatus,
    Severity,
)
from app.kit.http.dependencies import DEFAULT_LIMIT, CursorText, Limit
from app.kit.http.etags import headers_of
from app.kit.http.formats import FORMAT, ListFormat
from app.kit.values import MAX_MONEY, Day, Id, Instant, Name, Text, Words

NOBODY = "none"
VERSION = re.compile("[0-9]{1,18}")

ACTOR = Field(default=None, description="The person behind the key; else the key's name is told.")


class AlertGrouping(StrEnum):
    USER = "user"


class AlertQuery(BaseModel):
    academy: Annotated[list[Id], Field(max_length=1000)] = Field(
        default=[], description="Only these academies; may be repeated."
    )
    status: Annotated[list[AlertStatus], Field(max_length=3)] = Field(
        default=[], description="Only these; by default those open and awake."
    )
    severity: Annotated[list[Severity], Field(max_length=4)] = []
    type: Annotated[list[Text], Field(max_length=20)] = []
    origin: Annotated[list[AlertOrigin], Field(max_length=3)] = []
    user: Id | None = Field(default=None, description="Only this learner.")
    assignee: Name | None = Field(default=None, description="`none`: those that nobody has.")
    triggered_from: Day | None = None
    triggered_to: Day | None = None
    group: AlertGrouping | None = Field(
        default=None, description="Each learner of an academy once."
    )
    limit: Limit = DEFAULT_LIMIT
    cursor: CursorText | None = None
    count: bool = Field(default=False, description="Count all items too, and by severity.")
    format: ListFormat | None = FORMAT


class StatsQuery(BaseModel):
    date_from: Day | None = Field(default=None, alias="from", description="By default 90 days.")
    date_to: Day | None = Field(default=None, alias="to", description="By default yesterday.")
    academy: Annotated[list[Id], Field(max_length=1000)] = []


class RulesQuery(BaseModel):
    academy: Id | None = Field(default=None, description="Its rules; else those of all academies.")


class AlertPatch(BaseModel):
    """What is done to an alert; what is left out stays."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [PATCH]})

    status: AlertStatus | None = Field(default=None, description="RESOLVED, ACKNOWLEDGED, or OPEN.")
    action: Action | None = Field(default=None, description="Only with RESOLVED.")
    action_taken: Words | None = Field(default=None, description="Only with RESOLVED.")
    snoozed_until: Instant | None = Field(default=None, description="Null wakes it.")
    assignee: Name | None = Field(default=None, description="Null: nobody.")
    note: Words | None = None
    actor: Name | None = ACTOR

    @model_validator(mode="after")
    def something(self) -> Self:
        """Refuse what does nothing, or says what was done without resolving."""
        if not self.model_fields_set - {"actor"}:
            raise ValueError("say what to change")
        if self.status is not AlertStatus.RESOLVED and (self.action or self.action_taken):
            raise ValueError("action and action_taken go with the status RESOLVED")
        return self

    def deeds(self) -> list[Command]:
        """Return what is done, in order."""
        given, deeds = self.model_fields_set, list[Command]()
        if self.status is AlertStatus.OPEN:
            deeds.append(Reopen())
        if "assignee" in given:
            deeds.append(Assign(assignee=self.assignee))
        if self.note is not None:
            deeds.append(Note(text=self.note))
        if self.status is AlertStatus.ACKNOWLEDGED:
            deeds.append(Acknowledge())
        if "snoozed_until" in given:
            deeds.append(Snooze(until=self.snoozed_until))
        if self.status is AlertStatus.RESOLVED:
            deeds.append(Resolve(action=self.action, action_taken=self.action_taken))
        return deeds


class AlertNamed(BaseModel):
    model_config = ConfigDict(extra="forbid")

    id: Id
    version: Id | None = Field(default=None, description="It must still have this version.")


class BulkResolve(BaseModel):
    """Alerts to be resolved, all of them or none."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [BULK]})

    alerts: Annotated[list[AlertNamed], Field(min_length=1, max_length=MOST_AT_ONCE)]
    action: Action | None = None
    action_taken: Words | None = None
    actor: Name | None = ACTOR


class RuleAsked(BaseModel):
    model_config = ConfigDict(extra="forbid")

    enabled: bool = True
    threshold: Annotated[float, Field(ge=-MAX_MONEY, le=MAX_MONEY, allow_inf_nan=False)] | None = (
        None
    )
    needs_level: Severity = Severity.LOW
    clear_days: Annotated[int, Field(ge=1, le=30)] = 2
    quiet_days: Annotated[int, Field(ge=0, le=366)] = 30


class RulesAsked(BaseModel):
    """Rules of an academy, or of all; null withdraws one; a type that is left out stays."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [RULES_ASKED]})

    academy: Id | None = None
    reports: dict[Text, dict[Text, RuleAsked | None]]
    actor: Name | None = ACTOR


class Tag:
    """The version that a caller has read, in `If-Match`, and the one that is answered."""

    def __init__(self, response: Response, if_match: str | None) -> None:
        self._response = response
        self._if_match = (if_match or "*").strip()

    @property
    def version(self) -> int | None:
        """The version that the alert must have; None: any. Raises `Stale` for no version."""
        if self._if_match == "*":
            return None
        bare = self._if_match.removeprefix("W/").strip('"').partition("-")[0]
        if VERSION.fullmatch(bare) is None:
            raise Stale("If-Match names no version of the alert.", code="changed_meanwhile")
        return int(bare)

    def answer(self, etag: str) -> None:
        """Set the `ETag` of the answer."""
        tag(self._response, etag)


async def get_tag(
    response: Response,
    if_match: Annotated[
        str | None, Header(description="The `ETag` of the alert as it was read.")
    ] = None,
) -> Tag:
    """Read the header."""
    return Tag(response, if_match)


def tag(response: Response, etag: str) -> None:
    """Set the `ETag` of an answer that is one alert: what a change names in `If-Match`."""
    response.headers.update(headers_of(etag))

"""The queries and bodies of the requests about alerts."""

from enum import StrEnum
from typing import Annotated, Self

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
from app.alerts.actions.handler import MAX_ALERTS_PER_REQUEST
from app.alerts.api.examples import BULK, PATCH, RULES_ASKED
from app.alerts.enums import (
    Action,
    AlertOrigin,
    AlertStatus,
    Severity,
)
from app.alerts.rules.rule import CLEAR_DAYS, MAX_CLEAR_DAYS, MAX_QUIET_DAYS, QUIET_DAYS
from app.kit.http.dependencies import DEFAULT_LIMIT, CursorText, Limit
from app.kit.http.formats import FORMAT, ListFormat
from app.kit.values import MAX_MONEY, Day, Id, Instant, Name, Text, Words

NOBODY = "none"

ACTOR = Field(default=None, description="The person who acts; by default the name of the key.")


class AlertGrouping(StrEnum):
    USER = "user"


class AlertQuery(BaseModel):
    academy: Annotated[list[Id], Field(max_length=1000)] = Field(
        default=[], description="Only these academies; may be repeated."
    )
    status: Annotated[list[AlertStatus], Field(max_length=3)] = Field(
        default=[], description="Only these; by default the open alerts that are not snoozed."
    )
    severity: Annotated[list[Severity], Field(max_length=4)] = []
    type: Annotated[list[Text], Field(max_length=20)] = []
    origin: Annotated[list[AlertOrigin], Field(max_length=3)] = []
    user: Id | None = Field(default=None, description="Only this learner.")
    assignee: Name | None = Field(default=None, description="`none`: alerts without an assignee.")
    triggered_from: Day | None = None
    triggered_to: Day | None = None
    group: AlertGrouping | None = Field(
        default=None, description="List each learner of an academy once."
    )
    limit: Limit = DEFAULT_LIMIT
    cursor: CursorText | None = None
    count: bool = Field(
        default=False, description="Also count all items, and the alerts by severity."
    )
    format: ListFormat | None = FORMAT


class StatsQuery(BaseModel):
    date_from: Day | None = Field(default=None, alias="from", description="By default 90 days.")
    date_to: Day | None = Field(default=None, alias="to", description="By default yesterday.")
    academy: Annotated[list[Id], Field(max_length=1000)] = []


class RulesQuery(BaseModel):
    academy: Id | None = Field(
        default=None, description="The academy; without it, the rules of all academies."
    )


class AlertPatch(BaseModel):
    """A change of an alert; fields that are left out keep their value."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [PATCH]})

    status: AlertStatus | None = Field(default=None, description="RESOLVED, ACKNOWLEDGED, or OPEN.")
    action: Action | None = Field(default=None, description="Only with RESOLVED.")
    action_taken: Words | None = Field(default=None, description="Only with RESOLVED.")
    snoozed_until: Instant | None = Field(default=None, description="Null ends the snooze.")
    assignee: Name | None = Field(default=None, description="Null removes the assignee.")
    note: Words | None = None
    actor: Name | None = ACTOR

    @model_validator(mode="after")
    def check_fields(self) -> Self:
        """Raise for a patch without a change, and for an action that does not resolve the alert."""
        if not self.model_fields_set - {"actor"}:
            raise ValueError("say what to change")
        if self.status is not AlertStatus.RESOLVED and (self.action or self.action_taken):
            raise ValueError("action and action_taken go with the status RESOLVED")
        return self

    def commands(self) -> list[Command]:
        """Return the commands of the patch in the order of their execution."""
        given, commands = self.model_fields_set, list[Command]()
        if self.status is AlertStatus.OPEN:
            commands.append(Reopen())
        if "assignee" in given:
            commands.append(Assign(assignee=self.assignee))
        if self.note is not None:
            commands.append(Note(text=self.note))
        if self.status is AlertStatus.ACKNOWLEDGED:
            commands.append(Acknowledge())
        if "snoozed_until" in given:
            commands.append(Snooze(until=self.snoozed_until))
        if self.status is AlertStatus.RESOLVED:
            commands.append(Resolve(action=self.action, action_taken=self.action_taken))
        return commands


class AlertNamed(BaseModel):
    model_config = ConfigDict(extra="forbid")

    id: Id
    version: Id | None = Field(
        default=None, description="The version that the alert must still have."
    )


class BulkResolve(BaseModel):
    """Alerts to resolve: all of them or none."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [BULK]})

    alerts: Annotated[list[AlertNamed], Field(min_length=1, max_length=MAX_ALERTS_PER_REQUEST)]
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
    clear_days: Annotated[int, Field(ge=1, le=MAX_CLEAR_DAYS)] = CLEAR_DAYS
    quiet_days: Annotated[int, Field(ge=0, le=MAX_QUIET_DAYS)] = QUIET_DAYS


class RulesAsked(BaseModel):
    """Rules of an academy, or of all academies.

    Null withdraws the own rule of a type; a type that is left out keeps its rule.
    """

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [RULES_ASKED]})

    academy: Id | None = None
    reports: dict[Text, dict[Text, RuleAsked | None]]
    actor: Name | None = ACTOR

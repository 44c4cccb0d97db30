"""What a rule file may hold, as it is written."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, PlainValidator

from smartapp_watch.config import rule_forms
from smartapp_watch.config.written import GranularityWord, Line, Name, SeverityWord, Written
from smartapp_watch.rules.rule import Scale, Selector

Limit = Annotated[float, PlainValidator(rule_forms.number)]
Amount = Annotated[tuple[float, Scale], PlainValidator(rule_forms.amount)]
AppSelector = Annotated[Selector, PlainValidator(rule_forms.selector)]
Patterns = Annotated[tuple[str, ...], PlainValidator(rule_forms.patterns)]

THRESHOLDS = ("above", "below")
CHANGES = ("rises_by", "drops_by", "changes_by")


class WrittenRule(Written):
    """One ``[[rule]]``."""

    name: Name = Field(examples=['"new-users-drop"'])
    description: Line = ""
    severity: SeverityWord = "warning"
    runbook: Line = ""
    metric: Name = Field(examples=['"user_trend.new_user_count"'])
    apps: Annotated[list[AppSelector], Field(min_length=1)] | None = None
    where: dict[str, Patterns] = Field(default_factory=dict)
    every: GranularityWord = "day"
    above: Limit | None = None
    below: Limit | None = None
    rises_by: Amount | None = None
    drops_by: Amount | None = None
    changes_by: Amount | None = None
    against: Annotated[str, PlainValidator(rule_forms.against)] | None = None
    at_least: dict[str, Limit] = Field(default_factory=dict)
    for_: int = Field(1, alias="for", ge=1, le=60)
    unbuilt = frozenset(
        {
            "window",
            "unusual",
            "score",
            "weeks",
            "by_at_least",
            "late_after",
            "report",
            "significant",
            "keep",
            "clears_at",
            "clears_by",
            "mode",
        }
    )

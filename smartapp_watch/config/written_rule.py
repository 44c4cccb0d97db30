"""What a rule file may hold, as it is written."""

from __future__ import annotations

from datetime import time
from typing import Annotated, Literal

from pydantic import Field, PlainValidator

from smartapp_watch.config import rule_forms
from smartapp_watch.config.written import GranularityWord, Line, Name, SeverityWord, Written
from smartapp_watch.rules.rule import Scale, Selector

Limit = Annotated[float, PlainValidator(rule_forms.number)]
Amount = Annotated[tuple[float, Scale], PlainValidator(rule_forms.amount)]
AppSelector = Annotated[Selector, PlainValidator(rule_forms.selector)]
Clock = Annotated[time, PlainValidator(rule_forms.clock)]
Patterns = Annotated[tuple[str, ...], PlainValidator(rule_forms.patterns)]

THRESHOLDS = ("above", "below")
CHANGES = ("rises_by", "drops_by", "changes_by")
UNUSUAL = "unusual"
LATE = "late_after"
CONDITIONS = (*THRESHOLDS, *CHANGES, UNUSUAL, LATE)
"""The keys that say when a rule is in breach; a rule has exactly one of them."""

_LONGEST = 60
"""Periods that ``for`` and ``keep`` may ask for."""


class WrittenRule(Written):
    """One ``[[rule]]``; None is a key that does not stand there, where that is not the same as a default."""

    name: Name = Field(examples=['"new-users-drop"'])
    description: Line = ""
    severity: SeverityWord = "warning"
    runbook: Line = ""
    metric: Name | None = None
    report: Name | None = None
    apps: Annotated[list[AppSelector], Field(min_length=1)] | None = None
    where: dict[str, Patterns] = Field(default_factory=dict)
    every: GranularityWord = "day"
    window: int | None = Field(None, ge=2, le=28)
    above: Limit | None = None
    below: Limit | None = None
    rises_by: Amount | None = None
    drops_by: Amount | None = None
    changes_by: Amount | None = None
    against: Annotated[str, PlainValidator(rule_forms.against)] | None = None
    unusual: Literal["drop", "rise", "either"] | None = None
    score: float = Field(3.5, gt=0, le=100)
    weeks: int = Field(8, ge=5, le=8)
    by_at_least: Amount | None = None
    late_after: Clock | None = None
    at_least: dict[str, Limit] = Field(default_factory=dict)
    significant: bool | None = None
    for_: int = Field(1, alias="for", ge=1, le=_LONGEST)
    keep: int = Field(1, ge=1, le=_LONGEST)
    clears_at: Limit | None = None
    clears_by: Amount | None = None
    mode: Literal["live", "shadow"] = "live"

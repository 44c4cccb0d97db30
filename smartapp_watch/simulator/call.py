"""What a request asks for, as the API document has it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from smartapp_watch.simulator.spans import Span

PATHS = {
    "/rest/2.0/smartapp/data/getanalysisusertrend": "user_trend",
    "/rest/2.0/smartapp/data/getanalysisactivityuser": "activity_user",
    "/rest/2.0/smartapp/data/getanalysisretaineduser": "retained_user",
    "/rest/2.0/smartapp/data/getanalysisvisitattribute": "visit_attribute",
    "/rest/2.0/smartapp/data/getanalysisregion": "region",
    "/rest/2.0/smartapp/data/getanalysisterminal": "terminal",
    "/rest/2.0/smartapp/data/getanalysisvisitpage": "visit_page",
    "/rest/2.0/smartapp/data/getanalysisvisitcharacter": "visit_character",
    "/rest/2.0/smartapp/data/getanalysissource": "source",
    "/rest/2.0/smartapp/data/gettpdata": "tp_data",
}
ALL_REPORTS = frozenset(PATHS.values())

CHOICES: dict[str, dict[str, tuple[str, ...]]] = {
    "user_trend": {"gran": ("day", "hour", "week", "month")},
    "retained_user": {"report_type": ("count", "ratio"), "gran": ("day", "week", "month")},
    "terminal": {
        "terminal_type": (
            "terminal_brand",
            "terminal_device",
            "terminal_os",
            "terminal_screen",
            "terminal_network",
        )
    },
    "visit_character": {"character_type": ("depth", "time", "interval", "frequency")},
}
"""The parameters that a report must have, with the values they may have."""

PLATFORM_METRICS = (
    "tp_day_app_count",
    "tp_week_app_count",
    "tp_month_app_count",
    "tp_day_user_count",
    "tp_week_user_count",
    "tp_month_user_count",
    "tp_day_new_user_count",
    "tp_week_new_user_count",
    "tp_month_new_user_count",
    "tp_day_session_count",
    "tp_week_session_count",
    "tp_month_session_count",
    "tp_day_page_count",
    "tp_activity_degree",
    "tp_session_time_per_person",
    "tp_session_time_per_day",
    "tp_day_share_count",
    "tp_day_back_flow_count",
)

_ROWS = 20


class BadParameter(Exception):
    """A parameter that the API does not understand."""


@dataclass(frozen=True, slots=True)
class Call:
    """One request that could be understood, the ``number``-th; ``app_id`` is None for the platform.

    ``parameters``: the ones that choose what is answered (gran, report_type, scene …), in the order of names.
    """

    number: int
    report: str
    app_id: int | None
    first: date
    last: date
    start_index: int = 0
    rows: int = _ROWS
    parameters: tuple[tuple[str, str], ...] = ()

    @property
    def span(self) -> Span:
        return Span(self.first, self.last)

    def parameter(self, name: str) -> str:
        """The value of a parameter; empty where the request had none."""
        return dict(self.parameters).get(name, "")


def understand(number: int, report: str, app_id: int | None, given: Mapping[str, str]) -> Call:
    """The call that the parameters make; BadParameter where one is missing or wrong."""
    first, last = _day(given, "start_date"), _day(given, "end_date")
    if first > last:
        raise BadParameter("start_date")
    optional = report in {"tp_data", "visit_attribute"}
    return Call(
        number,
        report,
        app_id,
        first,
        last,
        _whole(given, "start_index", 0 if optional else None),
        _whole(given, "max_results", _ROWS) or _ROWS if report == "tp_data" else _ROWS,
        _platform_choices(given) if report == "tp_data" else _choices(report, given),
    )


def _choices(report: str, given: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    wanted = CHOICES.get(report, {})
    for name, values in wanted.items():
        if given.get(name) not in values:
            raise BadParameter(name)
    return tuple(sorted((name, given[name]) for name in wanted))


def _platform_choices(given: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    metrics = given.get("metrics", "")
    if not metrics or not set(metrics.split(",")) <= set(PLATFORM_METRICS):
        raise BadParameter("metrics")
    scene = given.get("scene", "")
    if not scene:
        return (("metrics", metrics),)
    if not scene.isdigit():
        raise BadParameter("scene")
    return (("metrics", metrics), ("scene", scene))


def _day(given: Mapping[str, str], name: str) -> date:
    text = given.get(name, "")
    try:
        if len(text) != len("20190410"):
            raise BadParameter(name)
        return datetime.strptime(text, "%Y%m%d").date()  # noqa: DTZ007 (a Beijing day has no time)
    except ValueError:
        raise BadParameter(name) from None


def _whole(given: Mapping[str, str], name: str, otherwise: int | None) -> int:
    text = given.get(name, "")
    if not text and otherwise is not None:
        return otherwise
    if not (text.isascii() and text.isdigit()):
        raise BadParameter(name)
    return int(text)

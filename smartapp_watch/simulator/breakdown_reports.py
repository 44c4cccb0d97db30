"""The reports that answer one aggregate for the range asked, laid out as the API answers them."""

from __future__ import annotations

import hashlib
from datetime import datetime
from itertools import groupby

from smartapp_watch.simulator.apps import SimulatedApp
from smartapp_watch.simulator.breakdowns import Breakdowns
from smartapp_watch.simulator.call import Call
from smartapp_watch.simulator.figures import Figures, PageFigures, added, per, percent, tidy
from smartapp_watch.simulator.reports import Body, Row, blank
from smartapp_watch.simulator.vocabulary import ATTRIBUTES, BREAKDOWNS, HABITS, SCENES

_REGION_FIELDS = (
    "session_count_district",
    "session_count_district_ratio",
    "new_user_count_district_ratio",
    "user_count_district_ratio",
    "average_session_time_district",
)
_TERMINAL_FIELDS = (
    "accumulative_session_count",
    "accumulative_session_count_ratio",
    "accumulative_new_user_count_ratio",
    "accumulative_user_count_ratio",
    "average_use_time",
)
_NETWORK_FIELDS = ("accumulative_session_count", "accumulative_session_count_ratio", "average_use_time")
_PAGE_FIELDS = (
    "pv_count",
    "pv_ratio",
    "pv_user_count",
    "average_stay_time",
    "stay_time_ratio",
    "bounce_ratio",
    "entry_count",
    "exit_count",
)


def region(breakdowns: Breakdowns, app: SimulatedApp, call: Call, now: datetime) -> Body:
    """All 34 provinces, most sessions first."""
    parts = breakdowns.kinds("region", app, call.span.days, now)
    return _shares("region", parts, _REGION_FIELDS, keep_empty=True)


def terminal(breakdowns: Breakdowns, app: SimulatedApp, call: Call, now: datetime) -> Body:
    """The brands, devices, systems, screens or networks that were used, most sessions first."""
    kind = call.parameter("terminal_type")
    parts = breakdowns.kinds(kind, app, call.span.days, now)
    fields = _NETWORK_FIELDS if kind == "terminal_network" else _TERMINAL_FIELDS
    return _shares(kind, parts, fields, keep_empty=False)


def visit_page(breakdowns: Breakdowns, app: SimulatedApp, call: Call, now: datetime) -> Body:
    """The pages that were seen, most views first."""
    pages = breakdowns.pages(app, call.span.days, now)
    if not pages:
        return Body([], blank(_PAGE_FIELDS))
    whole = PageFigures(
        sum(page.views for page in pages),
        sum(page.users for page in pages),
        sum(page.seconds for page in pages),
        sum(page.entries for page in pages),
        sum(page.exits for page in pages),
    )
    rows = [
        {"pageId": _number(app.id, page.path), "pageName": page.path, "pageAlias": page.alias}
        | _page(figures, whole)
        for page, figures in zip(app.pages, pages, strict=True)
        if figures.views
    ]
    return Body(_most_first(rows, "pv_count", "pageName"), _page(whole, whole))


def visit_character(breakdowns: Breakdowns, app: SimulatedApp, call: Call, now: datetime) -> Body:
    """The steps of a habit, in their order; of ``frequency`` they count users, of the others sessions."""
    kind = call.parameter("character_type")
    count = "user_count" if kind == "frequency" else "session_count"
    counts = breakdowns.habits(kind, app, call.span.days, now)
    if not counts:
        return Body([], blank((count, f"{count}_ratio")))
    whole = sum(counts)
    rows: list[Row] = [
        {"name": name, count: part, f"{count}_ratio": percent(part, whole)}
        for (name, _), part in zip(HABITS[kind], counts, strict=True)
    ]
    return Body(rows, {count: whole, f"{count}_ratio": percent(whole, whole)})


def visit_attribute(breakdowns: Breakdowns, app: SimulatedApp, call: Call, now: datetime) -> Body:
    """One row, in which each attribute has the list of its values."""
    row: Row = {}
    for kind, weights in ATTRIBUTES.items():
        counts = breakdowns.attributes(kind, app, call.span.days, now)
        row[kind] = [
            {"attribute_id": _number(kind, name), "name": name, "count_ratio": percent(count, sum(counts))}
            for (name, _), count in zip(weights, counts, strict=False)
            if name
        ]
    return Body([row] if any(row.values()) else [])


def source(breakdowns: Breakdowns, app: SimulatedApp, call: Call, now: datetime) -> Body:
    """Groups of scenes, most new users first; under ``name`` a group has its scenes, one has none."""
    parts = breakdowns.scenes(app, call.span.days, now)
    whole = added(parts)
    rows: list[Row] = []
    scenes = [pair for pair in zip(SCENES, parts, strict=False) if pair[1].sessions]
    for _, group in groupby(scenes, key=lambda pair: pair[0].source):
        members = list(group)
        children: list[Row] = [
            {"sceneId": scene.id, "source": scene.source, "name": scene.name} | _source(figures, whole)
            for scene, figures in members
            if scene.id
        ]
        children = _most_first(children, "new_user_count", "sceneId")
        rows.append({"name": children} | _source(added(figures for _, figures in members), whole))
    return Body(sorted(rows, key=lambda row: -float(str(row["new_user_count"]))))


def _shares(kind: str, parts: list[Figures], fields: tuple[str, ...], *, keep_empty: bool) -> Body:
    if not parts:
        return Body([], blank(fields))
    whole = added(parts)
    rows = [
        {"name": name} | _share(figures, whole, fields)
        for (name, _), figures in zip(BREAKDOWNS[kind], parts, strict=True)
        if figures.sessions or keep_empty
    ]
    return Body(_most_first(rows, fields[0], "name"), _share(whole, whole, fields))


def _share(figures: Figures, whole: Figures, fields: tuple[str, ...]) -> Row:
    sessions = (figures.sessions, percent(figures.sessions, whole.sessions))
    users = (percent(figures.new, whole.new), percent(figures.users, whole.users))
    time = (per(figures.seconds, figures.sessions),)
    values = sessions + (users if len(fields) == len(_REGION_FIELDS) else ()) + time
    return dict(zip(fields, values, strict=True))


def _page(page: PageFigures, whole: PageFigures) -> Row:
    values = (
        page.views,
        percent(page.views, whole.views),
        page.users,
        per(page.seconds, page.views),
        percent(page.seconds, whole.seconds),
        percent(page.exits, page.views),
        page.entries,
        page.exits,
    )
    return dict(zip(_PAGE_FIELDS, values, strict=True))


def _source(figures: Figures, whole: Figures) -> Row:
    return {
        "new_user_count": figures.new,
        "new_user_scale": percent(figures.new, whole.new),
        "user_count": figures.users,
        "user_scale": percent(figures.users, whole.users),
        "session_scale": percent(figures.sessions, whole.sessions),
        "session_count_per_user": tidy(figures.sessions / figures.users) if figures.users else 0,
        "average_session_time": per(figures.seconds, figures.sessions),
    }


def _most_first(rows: list[Row], by: str, then: str) -> list[Row]:
    return sorted(rows, key=lambda row: (-float(str(row[by])), str(row[then])))


def _number(*parts: object) -> str:
    """A number of up to 20 digits that stands for ``parts``, as the API gives pages and attributes one."""
    digest = hashlib.blake2b("/".join(map(str, parts)).encode(), digest_size=8).digest()
    return str(int.from_bytes(digest, "big"))

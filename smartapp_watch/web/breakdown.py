"""What a mini-program's figures consist of: pages, sources, regions and more, each beside a week before."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from smartapp_watch.config.settings import AppSettings
from smartapp_watch.history.database import History
from smartapp_watch.history.observations import Row
from smartapp_watch.metrics.period import Granularity, Period
from smartapp_watch.metrics.report import Layout, Metric, Table, Unit
from smartapp_watch.metrics.words import Language, Words
from smartapp_watch.notify.dates import period_words
from smartapp_watch.notify.numbers import Change, amount, change_of, relative_change
from smartapp_watch.notify.text import short
from smartapp_watch.notify.words import NO_NAME, VARIANTS, capitalised, series_words, subject_of

ROWS = 10
"""How many values are shown, the largest first."""

_PLACE = 120
_RECENT = 7
_COLUMNS: Mapping[str, tuple[str, ...]] = {
    "visit_page": ("pv_count", "bounce_ratio"),
    "source": ("user_count", "new_user_count"),
    "region": ("session_count_district", "user_count_district_ratio"),
    "terminal": ("accumulative_session_count", "accumulative_user_count_ratio"),
    "visit_character": ("session_count", "user_count_ratio"),
    "visit_attribute": ("count_ratio",),
}
"""What is shown of each report; the first is what the values are sorted by."""

_NEW = Words("新增", "new")


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure, and how it moved within a week."""

    value: str
    change: Change


@dataclass(frozen=True, slots=True)
class Line:
    """One value of a breakdown. ``share``: of the largest, in per cent, for a bar."""

    name: str
    share: float
    figures: tuple[Figure, ...]


@dataclass(frozen=True, slots=True)
class BreakdownView:
    """The largest values of a breakdown; ``more``: how many others there are. ``name`` is for its table."""

    name: str
    title: str
    day: str
    heading: tuple[str, ...]
    lines: tuple[Line, ...]
    more: int


def read_breakdowns(
    history: History, settings: AppSettings, last: Period, language: Language
) -> Iterator[BreakdownView]:
    """The newest of the last seven days that each breakdown is known of."""
    for table in settings.tables:
        if table.report.name in _COLUMNS and table.granularity is Granularity.DAY:
            recent = [last.shift(-number) for number in range(_RECENT)]
            newest = history.observations.newest_periods(table, recent, [settings.app.id])
            if settings.app.id in newest:
                day = Period.parse(newest[settings.app.id])
                yield from _of_table(history, table, settings.app.id, day, language)


def _of_table(
    history: History, table: Table, app_id: int, day: Period, language: Language
) -> Iterator[BreakdownView]:
    """One view; of a report that is one call for each variant, one of each."""
    metrics = [table.report.metric(name) for name in _COLUMNS[table.report.name]]
    before = day.weeks_before(1)
    rows = history.observations.rows(table, [day, before], [each.name for each in metrics], (), [app_id])
    parts: dict[str, list[Row]] = {}
    for row in rows:
        parts.setdefault(str(row.dimensions[0]) if _has_variants(table) else "", []).append(row)
    for variant, found in parts.items():
        past = {row.dimensions: row for row in found if row.period == str(before)}
        present = sorted(
            (row for row in found if row.period == str(day)), key=lambda row: -(row.values[0] or 0)
        )
        if present:
            yield BreakdownView(
                name=f"{table.name}-{variant}",
                title=_title(table, variant, language),
                day=period_words(str(day), language),
                heading=tuple(capitalised(metric.words.in_(language)) for metric in metrics),
                lines=tuple(_lines(table, metrics, present[:ROWS], past, language)),
                more=max(0, len(present) - ROWS),
            )


def _has_variants(table: Table) -> bool:
    return len(table.report.dimensions) > 1 and table.report.layout is not Layout.SOURCES


def _title(table: Table, variant: str, language: Language) -> str:
    report = capitalised(table.report.words.in_(language))
    if not variant:
        return report
    name = VARIANTS[variant].in_(language) if variant in VARIANTS else variant
    return Words(f"{report}：{name}", f"{report}: {name}").in_(language)


def _lines(
    table: Table,
    metrics: Sequence[Metric],
    rows: Sequence[Row],
    past: Mapping[tuple[str | int, ...], Row],
    language: Language,
) -> Iterator[Line]:
    largest = rows[0].values[0] or 1
    for row in rows:
        before = past.get(row.dimensions)
        figures = [
            _figure(metric, row.values[number], before.values[number] if before else None, language)
            for number, metric in enumerate(metrics)
        ]
        if not before and past:
            figures[0] = Figure(figures[0].value, Change(_NEW.in_(language)))
        share = round(100 * (row.values[0] or 0) / largest, 1)
        yield Line(_name(table, row, language), share, tuple(figures))


def _figure(metric: Metric, now: float | None, before: float | None, language: Language) -> Figure:
    value = amount(now, metric.unit, language)
    if now is None or before is None:
        return Figure(value, Change())
    if metric.unit is Unit.PERCENT:
        return Figure(value, change_of(now - before, None, metric.unit, metric.good, language))
    percent = 100 * (now - before) / before if before else None
    return Figure(value, relative_change(percent, metric.good, language))


def _name(table: Table, row: Row, language: Language) -> str:
    """A page's path with its alias, a source's name; of all else the value itself."""
    texts = zip((text.name for text in table.report.texts), row.texts, strict=True)
    known = {name: text for name, text in texts if text}
    if "page" in known:
        return short(series_words(subject_of(table.report.name), (), tuple(known.items()), language), _PLACE)
    name = known.get("name") or next((str(each) for each in reversed(row.dimensions) if each), "")
    return short(name, _PLACE) or NO_NAME.in_(language)

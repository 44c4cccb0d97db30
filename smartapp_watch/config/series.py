"""Which series a rule watches: ``metric``, ``every``, ``where`` and ``apps``."""

from __future__ import annotations

from collections.abc import Sequence
from fnmatch import fnmatchcase

from smartapp_watch.config.document import Part
from smartapp_watch.config.polling import Polling
from smartapp_watch.config.wording import did_you_mean, listed, nearest, show
from smartapp_watch.config.written_rule import WrittenRule
from smartapp_watch.metrics.catalog import REPORTS, TABLES
from smartapp_watch.metrics.period import Granularity
from smartapp_watch.metrics.report import Dimension, Metric, Report, Table, Text
from smartapp_watch.rules.rule import Selector, SelectorKind, Where


def find_metric(part: Part, written: WrittenRule) -> tuple[Report, Metric] | None:
    """The metric that ``report.field`` names; None, and a mistake, where there is none of that name."""
    name = written.metric
    if name is None:
        return None
    report_name, dot, field = name.partition(".")
    if not dot:
        part.mistake("metric", f"`metric` is {show(name)}, a field without its report", _with_report(name))
        return None
    report = REPORTS.get(report_name)
    if report is None:
        part.mistake("metric", f"there is no report {show(report_name)}", _meant_report(report_name, field))
        return None
    for metric in report.metrics:
        if metric.name == field:
            return report, metric
    what = f"the report `{report_name}` has no metric {show(field)}"
    part.mistake("metric", what, _meant_field(report, field))
    return None


def find_report(part: Part, written: WrittenRule) -> Report | None:
    """The report that ``report`` names; None, and a mistake, where lateness cannot be told of it."""
    name = written.report
    if name is None:
        return None
    report = REPORTS.get(name)
    if report is None:
        meant = did_you_mean(name, REPORTS, f"the reports are {listed(REPORTS, 'and')}")
        before, dot, _ = name.partition(".")
        part.mistake("report", f"there is no report {show(name)}", _only(before) if dot else meant)
    elif report.last_nth > 1:
        what = f"`{name}` says nothing of yesterday before it is over today: it is always late"
        part.mistake("report", what, 'another report, as in "user_trend"')
        return None
    return report


def _only(name: str) -> str:
    return f"did you mean `{name}`?" if name in REPORTS else f"the reports are {listed(REPORTS, 'and')}"


def _with_report(field: str) -> str:
    names = [f"`{name}.{field}`" for name, report in REPORTS.items() if field in _fields(report)]
    if names:
        return f"did you mean {listed(names)}?"
    everything = [f"{name}.{known}" for name, report in REPORTS.items() for known in _fields(report)]
    return did_you_mean(field, everything, "written report.field, as in `user_trend.user_count`")


def _meant_report(name: str, field: str) -> str:
    table = TABLES.get(name)
    if table is not None:
        return f'did you mean `{table.report.name}.{field}` with every = "{table.granularity}"?'
    return did_you_mean(name, REPORTS, f"the reports are {listed(REPORTS, 'and')}")


def _meant_field(report: Report, field: str) -> str:
    if field in _columns(report):
        return f"`{field}` tells its rows apart; it goes into `where`"
    elsewhere = [f"`{name}.{field}`" for name, other in REPORTS.items() if field in _fields(other)]
    if elsewhere:
        return f"did you mean {listed(elsewhere)}?"
    close = nearest(field, _fields(report))
    return f"did you mean `{report.name}.{close}`?" if close else f"it has {listed(_fields(report), 'and')}"


def _columns(report: Report) -> dict[str, Dimension | Text]:
    """What tells a report's rows apart."""
    columns: tuple[Dimension | Text, ...] = (*report.dimensions, *report.texts)
    return {column.name: column for column in columns}


def _fields(report: Report) -> list[str]:
    return [metric.name for metric in report.metrics]


def find_table(part: Part, report: Report, every: Granularity) -> Table | None:
    """The report's table of that granularity; None, and a mistake, where it has none."""
    if every in report.granularities:
        return Table(report, every)
    comes = listed([show(str(granularity)) for granularity in report.granularities])
    part.mistake("every", f"`every` is {show(str(every))}, which `{report.name}` does not come by", comes)
    return None


def check_polled(part: Part, table: Table, apps: Sequence[Selector], polling: Polling) -> None:
    """Refuse a table that nothing polls, and mini-programs that there are none of."""
    place = "report" if "report" in part.data else "metric"
    if table.report.of_platform:
        if apps:
            part.mistake("apps", "`apps` with `tp_data`, which is of the whole platform", "leave `apps` out")
        if polling.platform.access_token is None:
            meant = "an access_token in [platform], or the rule left out"
            part.mistake(place, "`tp_data` is not polled: [platform] has no token", meant)
        return
    watched = polling.apps
    for number, selector in enumerate(apps):
        if not any(selector.matches(entry.app) for entry in polling.apps):
            what = f"`apps` has {show(_written(selector))}, which is no mini-program that is listed"
            part.mistake(("apps", number), what, _meant_app(selector, polling))
    if apps:
        watched = tuple(entry for entry in watched if any(selector.matches(entry.app) for selector in apps))
    if (watched or not apps) and not any(table in entry.tables for entry in watched):
        part.mistake(
            place, f"nothing polls `{table.report.name}` by the {table.granularity}", _meant_poll(table)
        )


def _meant_poll(table: Table) -> str:
    if table.granularity is Granularity.DAY:
        return f'"{table.report.name}" in `reports` of [poll]'
    return f'"{table.granularity}" in `granularity` and "{table.report.name}" in `reports` of [poll]'


def _written(selector: Selector) -> str:
    return selector.pattern if selector.kind is SelectorKind.ID else f"{selector.kind}:{selector.pattern}"


def _meant_app(selector: Selector, polling: Polling) -> str:
    match selector.kind:
        case SelectorKind.ID:
            return did_you_mean(selector.pattern, (str(entry.app.id) for entry in polling.apps))
        case SelectorKind.TAG:
            tags = f"the tags are {listed(polling.tags, 'and')}" if polling.tags else "none of them has a tag"
            return did_you_mean(selector.pattern, polling.tags, tags)
        case SelectorKind.NAME:
            return did_you_mean(
                selector.pattern, (entry.app.name for entry in polling.apps if entry.app.name)
            )


def read_where(part: Part, written: WrittenRule, table: Table, polling: Polling) -> tuple[Where, ...]:
    """The dimension values that are watched, each mistake noted."""
    report = table.report
    columns = _columns(report)
    for name, patterns in written.where.items():
        column = columns.get(name)
        if column is None:
            part.mistake(("where", name), *_no_column(report, name, list(columns)))
        elif isinstance(column, Dimension):
            fault = _fault_of_values(report, column, patterns, polling)
            if fault is not None:
                part.mistake(("where", name), *fault)
    return tuple(Where(name, patterns) for name, patterns in written.where.items())


def _no_column(report: Report, name: str, columns: Sequence[str]) -> tuple[str, str]:
    what = f"`{report.name}` has no dimension `{name}`"
    if not columns:
        return what, "it has one row a period; leave `where` out"
    return what, did_you_mean(name, columns, f"it has {listed(columns, 'and')}")


def _fault_of_values(
    report: Report, column: Dimension, patterns: Sequence[str], polling: Polling
) -> tuple[str, str] | None:
    """A value that the dimension can never have, where all of its values are known beforehand."""
    if column.integer:
        possible = [str(nth) for nth in range(2, report.last_nth + 1)]
        meant = f"{possible[0]} (the period after the cohort's) to {possible[-1]}"
    elif column.variants:
        possible = [stored for _, stored in column.variants]
        meant = listed(possible)
    elif report.of_platform and polling.complete:
        possible = ["", *polling.platform.scenes]
        meant = 'one of `scenes` of [platform], or "" for all together'
    else:
        return None
    for pattern in patterns:
        if not any(fnmatchcase(value, pattern) for value in possible):
            return f"`{column.name}` is never {show(pattern)}", did_you_mean(pattern, possible, meant)
    return None

"""``[poll]`` and ``[[apps]]``: which tables are polled for which mini-program."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from smartapp_watch.config.complaints import read_part
from smartapp_watch.config.document import Part
from smartapp_watch.config.platform import WRITE_IT, read_enrolled, read_platform
from smartapp_watch.config.review import check_schedule, check_secret, refuse_repeats
from smartapp_watch.config.secret import Secret
from smartapp_watch.config.settings import AppSettings, PlatformSettings, PollSettings
from smartapp_watch.config.wording import did_you_mean, listed, show
from smartapp_watch.config.written import WrittenApp, WrittenPoll
from smartapp_watch.metrics.catalog import REPORTS, TABLES
from smartapp_watch.metrics.observation import App
from smartapp_watch.metrics.period import Granularity
from smartapp_watch.metrics.report import Table

SETTLE_UNTIL_LEARNED = timedelta(hours=26)
"""Until enough corrections were seen: a day's figures are final the day after next, early in the morning."""


@dataclass(frozen=True)
class Polling:
    """What is polled. ``complete``: no mistake left something out, so that more may be concluded from it."""

    platform: PlatformSettings
    poll: PollSettings
    apps: tuple[AppSettings, ...]
    complete: bool

    @property
    def tags(self) -> tuple[str, ...]:
        """Every tag of any mini-program."""
        return tuple(sorted({tag for entry in self.apps for tag in entry.app.tags}))


def read_polling(top: Part, folder: Path, beside: Path) -> Polling:
    """``[platform]``, ``[poll]`` and ``[[apps]]``, every mistake in them noted, and who else is enrolled.

    ``beside``: the folder that the history is in, and so are the credentials.
    """
    before = top.findings.mistakes
    platform = read_platform(top.table("platform"), folder, beside)
    poll = _read_poll(top.table("poll"), platform)
    apps = tuple(_read_apps(list(top.tables("apps")), poll, platform, folder))
    listed_ids = {each.app.id for each in apps}
    tables = tables_of(poll.reports, poll.granularity)
    apps += tuple(
        AppSettings(app, None, tables, enrolled=True)
        for app in read_enrolled(top.table("platform"), platform)
        if app.id not in listed_ids
    )
    complete = top.findings.mistakes == before
    if complete and not apps and not platform.has_token and "apps_file" not in top.data:
        top.mistake(
            "apps", "no mini-program is listed: there is nothing to watch", "an [[apps]] for each of them"
        )
    return Polling(platform, poll, apps, complete)


def _read_poll(part: Part, platform: PlatformSettings) -> PollSettings:
    written = read_part(part, WrittenPoll, Path())
    if written is None:
        return PollSettings()
    check_schedule(part, "schedule", written.schedule)
    refuse_repeats(part, "granularity", written.granularity)
    granularity = tuple(sorted(map(Granularity, written.granularity), key=list(Granularity).index))
    _check_reports(part, written.reports, granularity)
    if "tp_data" in written.reports and not platform.has_token:
        part.mistake(
            "reports", "`tp_data` is asked for with the platform's token, which is missing", WRITE_IT
        )
    return PollSettings(
        written.schedule,
        tuple(report for report in REPORTS if report in written.reports),
        granularity,
        written.history_days,
        written.settle or SETTLE_UNTIL_LEARNED,
        written.recheck_days,
        settle_is_learned=written.settle is None,
    )


def _check_reports(part: Part, reports: Sequence[str], granularity: Iterable[Granularity]) -> None:
    refuse_repeats(part, "reports", reports)
    for number, name in enumerate(reports):
        if name not in REPORTS:
            table = TABLES.get(name)
            meant = (
                f"`{table.report.name}`, and {show(str(table.granularity))} in `granularity`" if table else ""
            )
            meant = meant or did_you_mean(name, REPORTS, f"the reports are {listed(REPORTS, 'and')}")
            part.mistake(("reports", number), f"there is no report {show(name)}", meant)
        elif not REPORTS[name].of_platform and not tables_of([name], granularity):
            comes = listed(REPORTS[name].granularities, "and")
            what = f"`{name}` comes by {comes}; `granularity` in [poll] has none of these"
            part.mistake(("reports", number), what, "add one of them, or leave the report out")


def tables_of(reports: Iterable[str], granularity: Iterable[Granularity]) -> tuple[Table, ...]:
    """The tables that these reports fill; of those that come by the day alone, the day's in any case."""
    return tuple(
        table
        for table in TABLES.values()
        if table.report.name in reports
        and not table.report.of_platform
        and (len(table.report.granularities) == 1 or table.granularity in granularity)
    )


def _read_apps(
    parts: Sequence[Part], poll: PollSettings, platform: PlatformSettings, folder: Path
) -> Iterable[AppSettings]:
    seen: dict[int, Part] = {}
    tokens: dict[Secret, int] = {}
    for part in parts:
        written = read_part(part, WrittenApp, folder)
        if written is None:
            continue
        first = seen.setdefault(written.id, part)
        if first is not part:
            what = f"the mini-program {written.id} is listed twice"
            part.mistake("id", what, f"first in line {first.line_of('id')}")
        _check_tokens(part, written, platform, tokens)
        refuse_repeats(part, "tags", written.tags)
        reports = poll.reports
        if written.reports is not None:
            _check_app_reports(part, written.reports, poll)
            reports = tuple(written.reports)
        app = App(written.id, written.name, frozenset(written.tags))
        tables = tables_of(reports, poll.granularity)
        yield AppSettings(app, written.access_token, tables, written.refresh_token)


def _check_app_reports(part: Part, reports: Sequence[str], poll: PollSettings) -> None:
    _check_reports(part, reports, poll.granularity)
    if "tp_data" in reports:
        part.mistake(
            "reports", "`tp_data` is the platform's report, not a mini-program's", "leave it out here"
        )


def _check_tokens(
    part: Part, written: WrittenApp, platform: PlatformSettings, tokens: dict[Secret, int]
) -> None:
    own = {"access_token": written.access_token, "refresh_token": written.refresh_token}
    if written.access_token is not None and written.refresh_token is not None:
        what = f"the mini-program {written.id} has both an `access_token` and a `refresh_token`"
        part.mistake("refresh_token", what, "leave one of them out")
    elif written.refresh_token is not None and not platform.has_token:
        what = "`refresh_token` is used with the platform's token, which is missing"
        part.mistake("refresh_token", what, WRITE_IT)
    elif not any(own.values()) and not platform.has_token and platform.app_access_token is None:
        what = f"the mini-program {written.id} has no `access_token`"
        part.mistake("access_token", what, f'write access_token = {{ env = "APP_{written.id}" }}')
    for key, token in own.items():
        check_secret(part, key, token)
        if token is not None and token in tokens:
            what = f"`{key}` is the one of the mini-program {tokens[token]}"
            part.warn(key, what, "a token opens one mini-program's figures only")
        if token is not None:
            tokens.setdefault(token, written.id)

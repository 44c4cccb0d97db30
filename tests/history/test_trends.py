"""What an alert shows beside its own figures, read from a real history."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import date, time, timedelta

import pytest

from smartapp_watch.alerts.alert import Alert, Event, EventType, Figures, State
from smartapp_watch.alerts.beside import MOST, figures_beside
from smartapp_watch.alerts.notification import AlertNotice
from smartapp_watch.alerts.trend import Beside, Trend
from smartapp_watch.evaluate import Scope, evaluate
from smartapp_watch.history.connection import Connection
from smartapp_watch.history.database import History
from smartapp_watch.history.trends import Trends
from smartapp_watch.metrics.catalog import REPORTS, TABLES
from smartapp_watch.metrics.observation import App, Observation, Query, Reading
from smartapp_watch.metrics.period import Granularity, Period
from smartapp_watch.metrics.report import Table
from smartapp_watch.rules.calendar import Calendar, DayKind
from smartapp_watch.rules.rule import Late, Rule, Severity
from tests.build import DAY, above, change, rule
from tests.daily import APP, DROP, HORIZON, OTHER, WEEKS_OF_100, live, noon_after, scope, tell
from tests.history.made import PAGES, REGIONS, RETENTION, TERMINALS, row

EXITS = rule("visit_page.bounce_ratio", change("rises_by 5pp against 4_weeks"), name="exits")
Rows = Callable[[str, int], Sequence[Observation]]


def judged(history: History, values: Sequence[int | None], watched: Scope | None = None) -> AlertNotice:
    """What is told last of the days up to :data:`DAY`, all read and judged at once."""
    history.observations.save(tell(APP, values), noon_after(DAY))
    return evaluate(history, watched or scope(), noon_after(DAY))[-1][1]


def tell_rows(history: History, table: Table, rows: Rows, app: App = APP, count: int = 70) -> None:
    """A reading each of the last periods of ``table``; ``rows`` makes those of a period and its number."""
    last = Period.newest_closed(noon_after(DAY), table.granularity)
    for number in range(count):
        each = last.shift(number - count + 1)
        made = tuple(rows(str(each), number - count + 1))
        history.observations.save(Reading(Query(table, app.id, each, each), made), noon_after(DAY))


def told(history: History, *rules: Rule, apps: tuple[App, ...] = (APP,)) -> list[AlertNotice]:
    return [notice for _, notice in evaluate(history, scope(*rules, apps=apps), noon_after(DAY))]


def an_alert(watched: Rule) -> Alert:
    """One that fires on :data:`DAY`."""
    return Alert(1, watched.name, APP.id, (), State.FIRING, Severity.WARNING, DAY, DAY, Figures())


def shown(history: History, watched: Rule | None, alert: Alert) -> AlertNotice:
    """What a message about ``alert`` shows."""
    trends = Trends(history.observations, history.alerts, (), HORIZON, Calendar(), noon_after(DAY))
    notice = AlertNotice.of(watched, APP, Event(EventType.FIRE, alert))
    return trends.add_to(notice, watched, alert)


def messages(history: History) -> list[AlertNotice]:
    """What was queued about alerts."""
    due = history.outbox.due(noon_after(DAY))
    notices = (history.outbox.read(each).notice for each in due)
    return [notice for notice in notices if isinstance(notice, AlertNotice)]


def trend_of(notice: AlertNotice) -> Trend:
    assert notice.trend
    return notice.trend


def band_of(notice: AlertNotice) -> set[tuple[float | None, float | None]]:
    trend = trend_of(notice)
    return set(zip(trend.lows, trend.highs, strict=True))


def test_a_trend_has_28_days_and_what_each_was_compared_with(history: History) -> None:
    weekly = [100 + 10 * (week % 2) for week in range(13) for _ in range(7)]
    notice = judged(history, [*weekly[:-1], 20])
    trend = trend_of(notice)
    assert (len(trend.periods), trend.periods[0], trend.periods[-1]) == (28, "2026-10-26", "2026-11-22")
    assert trend.values == (*weekly[-28:-1], 20)
    assert band_of(notice) == {(100, 110)}


def test_what_is_not_known_is_none_and_never_zero(history: History) -> None:
    values: list[int | None] = [*WEEKS_OF_100, 20]
    values[-6] = values[-5] = None
    trend = trend_of(judged(history, values))
    assert trend.values[-7:] == (100, None, None, 100, 100, 100, 20)


def test_a_figure_that_is_not_final_is_not_known(history: History) -> None:
    (before, early) = (DAY.shift(-2), DAY.shift(-1))
    history.observations.save(tell(APP, WEEKS_OF_100, before), noon_after(before))
    history.observations.save(tell(APP, [90], early), early.closes() + timedelta(hours=1))
    history.observations.save(tell(APP, [20]), noon_after(DAY))
    assert trend_of(shown(history, DROP, an_alert(DROP))).values[-3:] == (100, None, 20)


def test_a_holiday_is_a_gap_in_the_values_and_in_the_band(history: History) -> None:
    holiday = Calendar({date(2026, 11, 18): DayKind.HOLIDAY})
    trend = trend_of(judged(history, [*WEEKS_OF_100, 20], replace(scope(), calendar=holiday)))
    assert trend.values[-6:] == (100, None, 100, 100, 100, 20)
    assert trend.lows[-6:] == trend.highs[-6:] == (100, None, 100, 100, 100, 100)


def test_an_outage_is_no_part_of_what_is_usual_after_it(history: History) -> None:
    notice = judged(history, [*WEEKS_OF_100, 20, 20, *[100] * 12, 20])
    assert notice.since == str(DAY)
    assert trend_of(notice).values[-15:-13] == (20, 20)
    assert band_of(notice) == {(100, 100)}


def test_what_is_usual_stays_what_it_was_before_the_episode(history: History) -> None:
    live(history, [*WEEKS_OF_100, *[20] * 20])
    (alert,) = history.alerts.open_alerts()
    assert band_of(shown(history, DROP, alert)) == {(100, 100)}


def test_a_limit_is_all_that_a_threshold_compares_with(history: History) -> None:
    notice = judged(history, [5] * 30 + [12], scope(rule("user_trend.new_user_count", above(10))))
    assert trend_of(notice).values[-2:] == (5, 12)
    assert band_of(notice) == {(10, 10)}


def test_against_last_week_it_is_one_value(history: History) -> None:
    watched = rule("user_trend.new_user_count", change("drops_by 30% against last_week"))
    values = list(range(100, 170))
    trend = trend_of(judged(history, [*values[:-1], 20], scope(watched)))
    assert trend.lows == trend.highs == tuple(values[-35:-7])


def test_against_the_day_before_it_is_that_of_each_day(history: History) -> None:
    watched = rule("user_trend.new_user_count", change("drops_by 30% against previous"))
    values = list(range(100, 150))
    trend = trend_of(judged(history, [*values[:-1], 20], scope(watched)))
    assert trend.lows == trend.highs == tuple(values[-29:-1])


def test_the_values_of_a_window_are_its_sums(history: History) -> None:
    watched = replace(
        rule("user_trend.new_user_count", change("drops_by 10% against 4_weeks")), window=7, name="week"
    )
    notice = judged(history, [*[100] * 90, *[50] * 2], scope(watched))
    assert trend_of(notice).values[-3:] == (700, 650, 600)
    assert band_of(notice) == {(700, 700)}
    assert notice.beside == ()


def test_retention_shows_its_own_cell(history: History) -> None:
    def cohort(day: str, number: int) -> list[Observation]:
        kept = 20.0 if number == -1 else 40.0
        return [row(RETENTION, day, nth, retained_ratio=kept / nth, active_user_count=900) for nth in (2, 3)]

    tell_rows(history, RETENTION, cohort)
    watched = rule(
        "retained_user.retained_ratio", change("drops_by 20% against 4_weeks"), where=[("nth", "2")]
    )
    (notice,) = told(history, watched)
    trend = trend_of(notice)
    assert trend.periods[-1] == notice.period == "2026-11-21"
    assert trend.values[-3:] == (20.0, 20.0, 10.0)


def pages(day: str, number: int) -> list[Observation]:
    """Two pages, and the total: of the first, many leave and nobody stays on the last day."""
    bad = number == 0
    return [
        row(PAGES, day, "", bounce_ratio=30.0, pv_count=9000, entry_count=1, average_stay_time=9.0),
        row(
            PAGES, day, "a[1]*", bounce_ratio=61.0 if bad else 40.0, pv_count=3800, exit_count=1500,
            entry_count=1100 + number, average_stay_time=41.0 if bad else 96.0,
        ),
        row(PAGES, day, "b", bounce_ratio=40.0, pv_count=3800, exit_count=1500),
    ]  # fmt: skip


def test_other_figures_of_the_row_stand_beside_with_the_median_of_the_weekdays(history: History) -> None:
    tell_rows(history, PAGES, pages)
    (notice,) = told(history, replace(EXITS, significant=False))
    assert notice.dimensions == (("page_id", "a[1]*"),)
    assert trend_of(notice).values[-2:] == (40.0, 61.0)
    assert notice.beside == (
        Beside("visit_page.entry_count", 1100, 1100 - 17.5),
        Beside("visit_page.average_stay_time", 41.0, 96.0),
    )
    assert (notice.others_here, notice.others_elsewhere) == (0, 0)


def test_too_few_weekdays_say_nothing_of_what_is_usual(history: History) -> None:
    tell_rows(history, PAGES, pages, count=15)
    watched = replace(EXITS, condition=above(50))
    (notice,) = told(history, watched)
    assert notice.beside == (
        Beside("visit_page.entry_count", 1100),
        Beside("visit_page.average_stay_time", 41.0),
    )


def test_where_else_the_rule_fires_is_counted(history: History) -> None:
    def regions(day: str, number: int) -> list[Observation]:
        sessions = 10 if number == 0 else 100
        return [row(REGIONS, day, name, session_count_district=sessions) for name in ("粤", "京", "沪")]

    for app in (APP, OTHER):
        tell_rows(history, REGIONS, regions, app)
    watched = rule("region.session_count_district", change("drops_by 30% against 4_weeks"))
    found = told(history, watched, apps=(APP, OTHER))
    assert {(notice.others_here, notice.others_elsewhere) for notice in found} == {(2, 1)}


def test_that_no_other_page_fires_is_not_said_where_others_are_not_watched(history: History) -> None:
    tell_rows(history, PAGES, pages)
    watched = replace(rule("visit_page.bounce_ratio", above(50), where=[("page_id", "a*")]), name="a")
    (notice,) = told(history, watched)
    assert notice.others_here is None


def test_the_peak_is_none_of_an_earlier_episode(history: History) -> None:
    notice = judged(history, [*WEEKS_OF_100, 10, *[100] * 9, 60])
    assert 10 in trend_of(notice).values
    assert notice.peak == 60


def test_the_peak_is_the_worst_so_far(history: History) -> None:
    found = live(history, [*WEEKS_OF_100, 60, 30, 50, 100])
    assert [kind for kind, *_ in found] == ["fire", "worse", "resolve"]
    notices = messages(history)
    assert [notice.peak for notice in notices if notice.reason != "still"] == [60, 30, 30]
    assert trend_of(notices[-1]).values[-4:] == (60, 30, 50, 100)


def test_of_a_rise_the_peak_is_the_highest(history: History) -> None:
    watched = rule("user_trend.new_user_count", change("rises_by 30% against 4_weeks"))
    assert judged(history, [*WEEKS_OF_100, 150, 190, 170], scope(watched)).peak == 190


def test_a_reminder_shows_how_it_went_on(history: History) -> None:
    live(history, [*WEEKS_OF_100, 60, 61])
    reminder = messages(history)[-1]
    assert reminder.reason == "still"
    assert trend_of(reminder).values[-2:] == (60, 61)


@pytest.mark.parametrize(
    ("granularity", "count"), [(Granularity.HOUR, 48), (Granularity.WEEK, 12), (Granularity.MONTH, 12)]
)
def test_other_granularities_have_as_many_periods_as_fit(
    history: History, granularity: Granularity, count: int
) -> None:
    suffix = "" if granularity is Granularity.DAY else f"_{granularity}"
    table = TABLES[f"user_trend{suffix}"]

    def users(period: str, number: int) -> list[Observation]:
        return [row(table, period, user_count=20 if number == 0 else 100)]

    tell_rows(history, table, users, count=60)
    watched = replace(rule("user_trend.user_count", change("drops_by 30% against previous")), table=table)
    (notice,) = told(history, watched)
    assert len(trend_of(notice).periods) == count
    assert trend_of(notice).values[-2:] == (100, 20)


def test_lateness_and_a_rule_that_is_gone_have_no_trend(history: History) -> None:
    judged(history, [*WEEKS_OF_100, 20])
    (alert,) = history.alerts.open_alerts()
    late, weekly = replace(DROP, condition=Late(time(14))), replace(DROP, table=TABLES["user_trend_week"])
    for other in (late, weekly, EXITS, None):
        assert shown(history, other, alert).trend is None
    assert shown(history, DROP, alert).trend


def test_a_trend_takes_a_few_queries_however_much_it_is_made_of(
    history: History, monkeypatch: pytest.MonkeyPatch
) -> None:
    judged(history, [*WEEKS_OF_100, 20])
    asked: list[str] = []
    select = Connection.select

    def note(self: Connection, sql: str, parameters: Sequence[object] = ()) -> Iterator[tuple[object, ...]]:
        asked.append(sql)
        return select(self, sql, parameters)

    (alert,) = history.alerts.open_alerts()
    monkeypatch.setattr(Connection, "select", note)
    assert shown(history, DROP, alert).trend
    of_breakdowns = 7
    assert len(asked) == 6 + of_breakdowns


def test_what_another_rule_found_unusual_is_no_part_of_what_is_shown_as_usual(history: History) -> None:
    rises = rule("user_trend.new_user_count", change("rises_by 30% against last_week"), name="rises")
    notice = judged(history, [*WEEKS_OF_100, 60, 60, *[100] * 6, 150], scope(DROP, rises))
    assert notice.trend is not None
    assert (notice.rule, notice.figures.baseline) == ("rises", 100)
    assert (notice.trend.lows[-1], notice.trend.highs[-1]) == (100, 100)


@pytest.mark.usefixtures("survives")
def test_a_trend_that_fails_does_not_cost_the_alert(
    history: History, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(Trends, "_series", None)
    notice = judged(history, [*WEEKS_OF_100, 20])
    assert (notice.type, notice.figures.value, notice.trend) == ("fire", 20, None)
    assert "told without its chart" in caplog.text
    assert len(messages(history)) == 1


def test_figures_beside_are_metrics_of_the_report_that_say_more_than_the_value() -> None:
    for report in REPORTS.values():
        for metric in report.metrics:
            found = figures_beside(report, metric.name)
            assert len(found) <= MOST
            assert {*found} <= {each.name for each in report.metrics} - {metric.name, *(metric.of or ())}
    assert figures_beside(REPORTS["visit_page"], "bounce_ratio") == ("entry_count", "average_stay_time")


def test_what_carries_a_change_is_not_found_by_a_holiday_s_mixture(history: History) -> None:
    def tell_brands(day: Period, **sessions: int) -> None:
        rows = (
            row(TERMINALS, str(day), "brand", name, accumulative_session_count=count)
            for name, count in sessions.items()
        )
        history.observations.save(Reading(Query(TERMINALS, APP.id, day, day), tuple(rows)), noon_after(DAY))

    last_week = DAY.weeks_before(1)
    for weeks in range(2, 6):
        tell_brands(DAY.weeks_before(weeks), 华为=1000, 苹果=1000)
    tell_brands(last_week, 华为=6000, 苹果=0)
    tell_brands(DAY, 华为=500, 苹果=500)
    holiday = Calendar({last_week.first: DayKind.HOLIDAY})
    notice = judged(history, [*WEEKS_OF_100, 20], replace(scope(), calendar=holiday))
    assert notice.origin.values == ()
    assert [each.value for each in shown(history, DROP, an_alert(DROP)).origin.values] == ["华为"]

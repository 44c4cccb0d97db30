"""Every read finds its rows by the primary key, whether SQLite has counted the tables or not."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date

import pytest

from smartapp_watch.alerts.alert import Dimensions
from smartapp_watch.deliver import deliver
from smartapp_watch.history.database import History
from smartapp_watch.history.suspicion import Suspicion
from smartapp_watch.rules.baseline import candidates
from smartapp_watch.rules.bound import bound_of
from smartapp_watch.rules.rule import Where
from tests.build import change, rule
from tests.history.made import MORNING, PAGES, TREND, period, reading, row
from tests.outbox import NOW, Receiver, notice, queue

FIRST = period("2026-09-01")
SOME = [FIRST.shift(n) for n in (0, 7, 14)]


@pytest.fixture(params=["counted", "uncounted"])
def grown(request: pytest.FixtureRequest, history: History) -> History:
    """A history of 60 apps and 30 days."""
    with history.transaction():
        for n in range(30):
            day = str(FIRST.shift(n))
            for app_id in range(1, 61):
                one = reading(TREND, app_id, row(TREND, day, user_count=n), first=day)
                two = reading(PAGES, app_id, row(PAGES, day, "p1", pv_count=n), first=day)
                history.observations.save(one, MORNING)
                history.observations.save(two, MORNING)
    if request.param == "counted":
        history.analyze()
    return history


def plans(history: History, read: Callable[[], object]) -> Iterator[str]:
    """How SQLite goes about the statements that ``read`` runs."""
    statements: list[str] = []
    history._connection.raw.set_trace_callback(statements.append)
    read()
    history._connection.raw.set_trace_callback(None)
    for statement in statements:
        for *_, plan in history._connection.raw.execute(f"EXPLAIN QUERY PLAN {statement}"):
            if "SCAN json_each" not in plan and "SUBQUERY" not in plan and plan != "SCAN CONSTANT ROW":
                yield plan


KEY = "USING PRIMARY KEY (period=?"


@pytest.mark.parametrize(
    ("read", "key"),
    [
        (lambda it: list(it.rows(TREND, SOME, ["user_count"])), f"{KEY})"),
        (lambda it: list(it.rows(TREND, SOME, ["user_count"], app_ids=[3, 4])), f"{KEY} AND app_id=?)"),
        (lambda it: list(it.rows(PAGES, SOME, ["pv_count"], (Where("page_id", ("p1", "p*")),))), f"{KEY})"),
        (lambda it: list(it.rows(PAGES, SOME, ["pv_count"], (Where("page", ("p*",)),))), f"{KEY})"),
        (lambda it: it.maturity(TREND, SOME), "USING PRIMARY KEY (report=? AND period=?)"),
        (lambda it: it.newest(TREND, FIRST), "USING PRIMARY KEY (report=? AND period>?)"),
    ],
)
def test_a_read_is_a_search_by_the_key(grown: History, read: Callable[[object], object], key: str) -> None:
    (plan, *others) = plans(grown, lambda: read(grown.observations))

    assert plan.endswith(key)
    assert others in ([], ["USE TEMP B-TREE FOR GROUP BY"])


def searches(history: History, read: Callable[[], object]) -> set[str]:
    """By what ``read`` finds its rows, table by table."""
    found = (plan.partition(" USING ") for plan in plans(history, read))
    return {f"{table.removeprefix('SEARCH ')}: {way}" for table, using, way in found if using}


@pytest.mark.parametrize(("metric", "key"), [("user_count", ()), ("bounce_ratio", (("page_id", "p1"),))])
def test_suspects_are_looked_up_by_the_key_with_or_without_knowing_which(
    grown: History, metric: str, key: Dimensions
) -> None:
    table = PAGES if key else TREND
    watched = rule(f"{table.name}.{metric}", change("drops_by 20% against 4_weeks"))
    bound, day = bound_of(watched), FIRST.shift(28)
    assert bound is not None
    asked = Suspicion(watched, bound, day, candidates(watched, day), ())
    whole = f"PRIMARY KEY (period=? AND app_id=?{' AND page_id=?' if key else ''})"
    lookups, it = {f"past: {whole}"}, grown.observations

    of_apps = searches(grown, lambda: list(it.suspects(asked, [3, 4])))
    of_series = searches(grown, lambda: list(it.suspects_among(asked, [(3, key)])))

    assert of_apps == lookups | {"present: PRIMARY KEY (period=? AND app_id=?)"}
    assert of_series == lookups | {f"present: {whole}"}


def test_what_is_new_is_found_without_what_is_old(grown: History) -> None:
    assert searches(grown, lambda: grown.observations.changed(TREND, MORNING, FIRST)) == {
        "readings: COVERING INDEX readings_news (report=? AND first_read>? AND first_read<?)",
        "revisions: COVERING INDEX revisions_news (report=? AND replaced_at>? AND replaced_at<?)",
    }


def test_one_apps_alerts_are_found_without_those_of_others(history: History) -> None:
    found = set(plans(history, lambda: history.alerts.of_app(3, date(2026, 11, 1))))
    assert "SEARCH alerts USING INDEX alerts_of_app (app_id=?)" in found


def test_one_apps_rows_are_found_day_by_day_and_need_no_sorting_of_the_fleet(grown: History) -> None:
    found = list(plans(grown, lambda: list(grown.observations.values(TREND, "user_count", app_id=3))))

    assert found[-1] == "SEARCH user_trend USING PRIMARY KEY (period=? AND app_id=?)"


def test_a_second_reading_looks_up_only_its_own_rows(grown: History) -> None:
    again = reading(PAGES, 3, row(PAGES, str(FIRST), "p1", pv_count=99), first=str(FIRST))

    found = list(plans(grown, lambda: grown.observations.save(again, MORNING)))

    assert found == [
        "SEARCH readings USING PRIMARY KEY (report=? AND period=? AND app_id=?)",
        "SEARCH visit_page USING PRIMARY KEY (period=? AND app_id=?)",
        "SEARCH unconfirmed USING PRIMARY KEY (report=? AND period=? AND app_id=?)",
        "SEARCH readings USING PRIMARY KEY (report=? AND period=? AND app_id=?)",
    ]


def test_counting_the_tables_lets_one_app_be_found_in_peoples_own_queries(grown: History) -> None:
    plan = grown._connection.raw.execute(
        "EXPLAIN QUERY PLAN SELECT * FROM user_trend WHERE app_id = 7"
    ).fetchone()

    assert plan[-1] in {"SCAN user_trend", "SEARCH user_trend USING PRIMARY KEY (ANY(period) AND app_id=?)"}


@pytest.mark.parametrize("is_counted", [True, False], ids=["counted", "uncounted"])
def test_a_delivery_never_reads_through_what_was_sent_before(history: History, is_counted: bool) -> None:
    ops = Receiver(updates=True)
    queue(history, *(notice(number) for number in range(1, 200)))
    deliver(history, {"ops": ops}, NOW)
    queue(history, notice(300))
    deliver(history, {"ops": ops}, NOW)
    if is_counted:
        history.analyze()
    queue(history, notice(7, "worse"), notice(300, "resolve"), notice(301))

    found = set(plans(history, lambda: deliver(history, {"ops": ops}, NOW)))

    assert len(ops.messages) == 5
    assert {plan for plan in found if "outbox" in plan} == {
        "SEARCH outbox USING INDEX outbox_waiting (next_try<?)",
        "SEARCH outbox USING INDEX outbox_bundle (bundle=?)",
        "SEARCH outbox USING INDEX sqlite_autoindex_outbox_1 (key>? AND key<?)",
        "SEARCH outbox USING INTEGER PRIMARY KEY (rowid=?)",
    }

"""What the rule engine, the poll plan and people read back."""

from __future__ import annotations

import itertools
import re
from fnmatch import fnmatchcase
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smartapp_watch.errors import UsageError
from smartapp_watch.history.database import History, open_history
from smartapp_watch.history.observations import Row
from smartapp_watch.history.reading_log import StoredReading
from smartapp_watch.metrics.catalog import TABLES
from smartapp_watch.metrics.observation import App
from smartapp_watch.metrics.report import Table
from smartapp_watch.rules.rule import Where
from tests.history.made import (
    DAY,
    EVENING,
    MORNING,
    NOON,
    PAGES,
    PLATFORM,
    REGIONS,
    RETENTION,
    SOURCES,
    TERMINALS,
    TREND,
    period,
    reading,
    row,
    select,
)

DAYS = ("2026-11-20", "2026-11-21", DAY)


@pytest.fixture
def full(history: History) -> History:
    """A history of two apps and the platform."""
    observations = history.observations
    for app_id, day in itertools.product((7, 8), DAYS):
        users = app_id * 100 + int(day[-2:])
        readings = (
            reading(TREND, app_id, row(TREND, day, user_count=users, new_user_ratio=12.5), first=day),
            reading(
                RETENTION, app_id, *(row(RETENTION, day, n, retained_ratio=n) for n in (2, 3, 9)), first=day
            ),
            reading(
                PAGES,
                app_id,
                row(PAGES, day, "", pv_count=99),
                row(PAGES, day, "p1", texts=("pages/index", None), pv_count=1),
                row(PAGES, day, "p2", texts=("pages/checkout/pay", "支付"), pv_count=2),
                row(PAGES, day, "p3", texts=(None, None), pv_count=3),
                first=day,
            ),
            reading(
                TERMINALS,
                app_id,
                row(TERMINALS, day, "brand", "", accumulative_session_count=9),
                row(TERMINALS, day, "brand", "Apple", accumulative_session_count=4),
                row(TERMINALS, day, "os", "iOS", accumulative_session_count=5),
                first=day,
            ),
            reading(
                SOURCES,
                app_id,
                row(SOURCES, day, "", "", user_count=1),
                row(SOURCES, day, "feed", "", user_count=2),
                row(SOURCES, day, "feed", "1001", texts=("信息流",), user_count=3),
                row(SOURCES, day, "", "1002", texts=("搜索",), user_count=4),
                first=day,
            ),
        )
        for each in readings:
            observations.save(each, MORNING)
    for day, scene in itertools.product(DAYS, ("", "search", "feed")):
        one = row(PLATFORM, day, scene, tp_day_user_count=len(scene))
        observations.save(reading(PLATFORM, None, one, first=day, scene=scene), MORNING)
    return history


def dimensions(history: History, table: Table, *where: Where) -> list[tuple[str | int, ...]]:
    """The dimension values that a rule with ``where`` watches of app 7 on one day, sorted."""
    rows = history.observations.rows(table, [period(DAY)], [], where)
    return sorted({each.dimensions for each in rows if each.app_id in {7, None}})


def test_a_rule_reads_the_rows_of_its_periods_of_every_app(full: History) -> None:
    periods = [period(DAY), period("2026-11-20")]
    rows = full.observations.rows(TREND, periods, ["new_user_ratio", "user_count", "session_count"])

    assert sorted(rows) == [
        Row(7, (), (), "2026-11-20", (12.5, 720, None)),
        Row(7, (), (), "2026-11-22", (12.5, 722, None)),
        Row(8, (), (), "2026-11-20", (12.5, 820, None)),
        Row(8, (), (), "2026-11-22", (12.5, 822, None)),
    ]


@pytest.mark.parametrize(("app_ids", "found"), [([8], {8}), ([7, 8, 9], {7, 8}), ([], set())])
def test_a_rule_may_read_some_apps_alone(full: History, app_ids: list[int], found: set[int]) -> None:
    rows = full.observations.rows(TREND, [period(DAY)], ["user_count"], app_ids=app_ids)

    assert {each.app_id for each in rows} == found


def test_any_number_of_apps_may_be_asked_for(full: History) -> None:
    rows = full.observations.rows(TREND, [period(DAY)], ["user_count"], app_ids=range(200_000))

    assert len(list(rows)) == 2


def test_no_period_is_no_row(full: History) -> None:
    assert list(full.observations.rows(TREND, [], ["user_count"])) == []


def test_texts_come_beside_the_dimensions(full: History) -> None:
    where = (Where("page_id", ("p2",)),)
    rows = full.observations.rows(PAGES, [period(DAY)], ["pv_count"], where, [7])

    assert list(rows) == [Row(7, ("p2",), ("pages/checkout/pay", "支付"), DAY, (2,))]


@pytest.mark.parametrize(
    ("table", "where", "found"),
    [
        (RETENTION, (), [(2,), (3,), (9,)]),
        (RETENTION, (Where("nth", ("2", "9")),), [(2,), (9,)]),
        (RETENTION, (Where("nth", ("[3-9]",)),), [(3,), (9,)]),
        (RETENTION, (Where("nth", ("second",)),), []),
        (PAGES, (), [("p1",), ("p2",), ("p3",)]),
        (PAGES, (Where("page_id", ("",)),), [("",)]),
        (PAGES, (Where("page_id", ("*",)),), [("p1",), ("p2",), ("p3",)]),
        (PAGES, (Where("page_id", ("", "p1")),), [("",), ("p1",)]),
        (PAGES, (Where("page", ("pages/*",)),), [("p1",), ("p2",)]),
        (PAGES, (Where("page", ("pages/index", "pages/checkout/???")),), [("p1",), ("p2",)]),
        (PAGES, (Where("page", ("pages/*",)), Where("alias", ("支*",))), [("p2",)]),
        (PAGES, (Where("page", ("pages/*",)), Where("page_id", ("p1",))), [("p1",)]),
        (TERMINALS, (), [("brand", "Apple"), ("os", "iOS")]),
        (TERMINALS, (Where("terminal_type", ("brand",)),), [("brand", "Apple")]),
        (TERMINALS, (Where("terminal_type", ("b*",)), Where("name", ("",))), [("brand", "")]),
        (TERMINALS, (Where("name", ("[!A-B]*",)),), [("os", "iOS")]),
        (PAGES, (Where("alias", ("[!N]*",)),), [("p2",)]),
        (PAGES, (Where("alias", ("[!支]*",)),), []),
        (SOURCES, (), [("", ""), ("feed", "")]),
        (SOURCES, (Where("source", ("feed",)),), [("feed", "")]),
        (SOURCES, (Where("source", ("*",)),), [("", ""), ("feed", "")]),
        (SOURCES, (Where("scene", ("*",)),), [("", "1002"), ("feed", "1001")]),
        (SOURCES, (Where("name", ("信息*",)),), [("feed", "1001")]),
        (PLATFORM, (), [("",)]),
        (PLATFORM, (Where("scene", ("*",)),), [("feed",), ("search",)]),
        (PLATFORM, (Where("scene", ("", "search")),), [("",), ("search",)]),
        (PLATFORM, (Where("scene", ()),), []),
    ],
)
def test_where_chooses_the_rows(
    full: History, table: Table, where: tuple[Where, ...], found: list[tuple[str | int, ...]]
) -> None:
    assert dimensions(full, table, *where) == found


def test_a_column_that_cannot_be_matched_is_named_with_those_that_can(full: History) -> None:
    words = "visit_page has no dimension path; it has page_id, page, alias"
    with pytest.raises(UsageError, match=re.escape(words)):
        dimensions(full, PAGES, Where("path", ("x",)))
    with pytest.raises(UsageError, match="user_trend has no dimension app_id; it has none"):
        dimensions(full, TREND, Where("app_id", ("7",)))


def test_a_metric_that_is_none_never_becomes_sql(full: History) -> None:
    with pytest.raises(KeyError):
        list(full.observations.rows(TREND, [period(DAY)], ["user_count FROM apps --"]))


@pytest.fixture(scope="session")
def names(tmp_path_factory: pytest.TempPathFactory) -> tuple[History, tuple[str, ...]]:
    """A history with every name of up to three of these signs."""
    found = tuple("".join(each) for n in (1, 2, 3) for each in itertools.product("aA-]^页", repeat=n))
    history = open_history(tmp_path_factory.mktemp("names") / "history.db")
    rows = [row(REGIONS, DAY, name, session_count_district=1) for name in found]
    history.observations.save(reading(REGIONS, 7, *rows), MORNING)
    return history, found


@given(pattern=st.text("aA-]^页*?[!", max_size=6))
def test_globs_mean_what_they_mean_to_the_rest_of_the_program(
    names: tuple[History, tuple[str, ...]], pattern: str
) -> None:
    history, known = names

    found = {dims[0] for dims in dimensions(history, REGIONS, Where("region", (pattern,)))}

    assert found == {name for name in known if fnmatchcase(name, pattern)}


def test_people_see_everything_in_order(full: History) -> None:
    rows = list(full.observations.values(PAGES, "pv_count", first=period("2026-11-21")))

    assert [(each.period, each.app_id, each.dimensions[0]) for each in rows] == [
        (day, app_id, page) for day in DAYS[1:] for app_id in (7, 8) for page in ("", "p1", "p2", "p3")
    ]
    assert rows[2] == Row(7, ("p2",), ("pages/checkout/pay", "支付"), "2026-11-21", (2,))


def test_people_see_one_app_and_some_days(full: History) -> None:
    def days(first: str = "", last: str = "") -> list[tuple[int | None, str]]:
        rows = full.observations.values(
            TREND,
            "user_count",
            app_id=8,
            first=period(first) if first else None,
            last=period(last) if last else None,
        )
        return [(each.app_id, each.period) for each in rows]

    assert days() == [(8, day) for day in DAYS]
    assert days(first="2026-11-21", last="2026-11-21") == [(8, "2026-11-21")]
    assert days(last="2026-11-20") == [(8, "2026-11-20")]
    assert days(first="2026-12-01") == []
    rows = full.observations.values(PLATFORM, "tp_day_user_count", where=(Where("scene", ("search",)),))
    assert [(each.app_id, each.values) for each in rows] == [(None, (6,))] * 3


def test_the_platform_has_no_apps_to_see(full: History) -> None:
    with pytest.raises(UsageError, match="tp_data is of the whole platform"):
        full.observations.values(PLATFORM, "tp_day_user_count", app_id=7)


def test_people_see_nothing_of_an_empty_table(history: History) -> None:
    assert list(history.observations.values(TREND, "user_count", app_id=7)) == []


def test_the_poll_plan_reads_when_each_period_was_read(full: History) -> None:
    full.observations.save(reading(TREND, 9, row(TREND, DAY)), MORNING)
    full.observations.save(reading(TREND, 8, row(TREND, DAY, user_count=1)), NOON)

    assert [*full.observations.maturity(TREND, [period(DAY)]).values()] == [
        StoredReading(7, period(DAY), MORNING, MORNING, 1, None, MORNING),
        StoredReading(8, period(DAY), MORNING, NOON, 1, None, NOON),
        StoredReading(9, period(DAY), MORNING, MORNING, 0),
    ]


def test_each_scene_of_the_platform_has_its_own_readings(full: History) -> None:
    one = row(PLATFORM, DAY, "search", tp_day_user_count=1)
    full.observations.save(reading(PLATFORM, None, one, scene="search"), EVENING)
    day = period(DAY)

    assert [*full.observations.maturity(PLATFORM, [day]).values()] == [
        StoredReading(None, day, MORNING, MORNING, 1, MORNING, MORNING)
    ]
    assert full.observations.maturity(PLATFORM, [day], "search") == {
        (None, DAY): StoredReading(None, day, MORNING, EVENING, 1, None, EVENING)
    }


def test_the_rule_engine_reads_the_maturity_of_some_periods(full: History) -> None:
    found = full.observations.maturity(TREND, [period(DAY), period("2026-11-20"), period("2026-10-01")])

    assert set(found) == {(app_id, day) for app_id in (7, 8) for day in ("2026-11-20", DAY)}
    assert found[7, DAY] == StoredReading(7, period(DAY), MORNING, MORNING, 1, None, MORNING)


def test_the_newest_period_of_an_app_is_its_last_with_values(full: History) -> None:
    later = reading(TREND, 7, row(TREND, "2026-11-23"), first="2026-11-23")
    full.observations.save(later, EVENING)
    full.observations.save(reading(TREND, 9, row(TREND, DAY)), EVENING)

    newest = full.observations.newest(TREND, period("2026-11-01"))

    assert {app_id: str(each.period) for app_id, each in newest.items()} == {7: DAY, 8: DAY}


@pytest.mark.parametrize("name", ["user_trend_hour", "user_trend_week", "user_trend_month"])
def test_periods_of_every_length_come_back(history: History, name: str) -> None:
    table = TABLES[name]
    first = {"hour": "2026-11-22T22", "week": "2026-W52", "month": "2026-12"}[table.granularity]
    periods = [period(first).shift(n) for n in (0, 1, 3)]
    for each in periods:
        history.observations.save(
            reading(table, 7, row(table, str(each), user_count=1), first=str(each)), MORNING
        )

    assert [each.period for each in history.observations.maturity(table, periods).values()] == periods
    rows = history.observations.values(table, "user_count", app_id=7, first=periods[1])
    assert [each.period for each in rows] == [str(each) for each in periods[1:]]


def test_apps_keep_their_names_and_tags(history: History, path: Path) -> None:
    history.observations.save_apps([App(7, "预约挂号", frozenset({"health", "flagship"})), App(8)])
    history.observations.save_apps([App(8, "new name")])

    assert history.observations.apps() == (
        App(7, "预约挂号", frozenset({"health", "flagship"})),
        App(8, "new name"),
    )
    assert select(path, "SELECT tags FROM apps WHERE id = 7") == [("flagship;health",)]

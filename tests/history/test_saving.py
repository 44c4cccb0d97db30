"""What a reading does to what is stored."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from smartapp_watch.errors import HistoryError
from smartapp_watch.history.database import History
from smartapp_watch.metrics.observation import Observation
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
    cells,
    period,
    reading,
    revisions,
    row,
    select,
)

READINGS = 'SELECT report, app_id, period, first_read, last_read, "rows" FROM readings'
AT_MORNING, AT_NOON, AT_EVENING = "2026-11-23T00:07:00Z", "2026-11-23T04:07:00Z", "2026-11-23T12:07:00Z"


def unconfirmed(path: Path) -> list[tuple[Any, ...]]:
    return select(path, "SELECT dimensions, field, read_at, missing_at FROM unconfirmed")


def test_a_first_reading_is_stored_as_it_came(history: History, path: Path) -> None:
    rows = (
        row(PAGES, DAY, "p1", texts=("pages/index", None), pv_count=70_123, bounce_ratio=82.19),
        row(PAGES, DAY, "", pv_count=90_000),
    )

    assert history.observations.save(reading(PAGES, 7, *rows), MORNING) == 2

    assert cells(path, PAGES, "page", "alias", "pv_count", "bounce_ratio") == [
        (DAY, 7, "", None, None, 90_000, None),
        (DAY, 7, "p1", "pages/index", None, 70_123, 82.19),
    ]
    assert select(path, READINGS) == [("visit_page", 7, DAY, AT_MORNING, AT_MORNING, 2)]
    assert revisions(path) == []


def test_every_period_asked_for_is_noted_those_without_rows_too(history: History, path: Path) -> None:
    rows = (row(TREND, "2026-11-20", user_count=1), row(TREND, "2026-11-22"))

    history.observations.save(reading(TREND, 7, *rows, first="2026-11-20", last=DAY), MORNING)

    assert [(day, rows) for _, _, day, _, _, rows in select(path, READINGS)] == [
        ("2026-11-20", 1),
        ("2026-11-21", 0),
        ("2026-11-22", 0),
    ]
    assert cells(path, TREND, "user_count") == [("2026-11-20", 7, 1), ("2026-11-22", 7, None)]


def test_a_row_of_a_period_that_was_not_asked_for_is_not_stored(history: History, path: Path) -> None:
    history.observations.save(reading(TREND, 7, row(TREND, "2026-11-21", user_count=1)), MORNING)

    assert cells(path, TREND) == []


def test_a_missing_value_never_overwrites_a_stored_one(history: History, path: Path) -> None:
    history.observations.save(reading(TREND, 7, row(TREND, DAY, user_count=5, session_count=9)), MORNING)
    changed = history.observations.save(reading(TREND, 7, row(TREND, DAY, session_count=9)), NOON)

    assert changed == 0
    assert cells(path, TREND, "user_count", "session_count") == [(DAY, 7, 5, 9)]
    assert revisions(path) == []
    assert unconfirmed(path) == [("{}", "user_count", AT_MORNING, AT_NOON)]


@pytest.mark.parametrize("users", [5, 6])
def test_a_value_that_comes_back_is_a_revision_of_what_was_not_to_be_relied_on(
    history: History, path: Path, users: int
) -> None:
    for at, count in ((MORNING, 5), (NOON, None), (NOON + timedelta(hours=1), None), (EVENING, users)):
        history.observations.save(reading(TREND, 7, row(TREND, DAY, user_count=count, session_count=9)), at)

    assert unconfirmed(path) == []
    assert cells(path, TREND, "user_count") == [(DAY, 7, users)]
    assert revisions(path) == [("{}", "user_count", 5, AT_MORNING, AT_EVENING)]


def test_a_kind_that_a_reading_leaves_out_is_unconfirmed_and_a_row_that_it_replaces_is_not(
    history: History, path: Path
) -> None:
    brands = (
        row(TERMINALS, DAY, "brand", "华为", accumulative_session_count=5),
        row(TERMINALS, DAY, "os", "iOS", accumulative_session_count=7),
    )
    history.observations.save(reading(TERMINALS, 7, *brands), MORNING)
    history.observations.save(
        reading(TERMINALS, 7, row(TERMINALS, DAY, "os", "Android", accumulative_session_count=7)), NOON
    )

    assert unconfirmed(path) == [
        ('{"terminal_type":"brand","name":"华为"}', "accumulative_session_count", AT_MORNING, AT_NOON)
    ]


@pytest.mark.parametrize("rows", [(), (row(TREND, DAY),)], ids=["no row", "no value"])
def test_an_empty_second_reading_moves_only_the_time(
    history: History, path: Path, rows: tuple[Observation, ...]
) -> None:
    history.observations.save(reading(TREND, 7, row(TREND, DAY, user_count=5)), MORNING)
    history.observations.save(reading(TREND, 7, *rows), NOON)

    assert cells(path, TREND, "user_count") == [(DAY, 7, 5)]
    assert select(path, READINGS) == [("user_trend", 7, DAY, AT_MORNING, AT_NOON, 1)]


def test_values_are_first_read_when_they_first_come(history: History, path: Path) -> None:
    history.observations.save(reading(TREND, 7, row(TREND, DAY)), MORNING)
    history.observations.save(reading(TREND, 7, row(TREND, DAY, user_count=5)), NOON)
    history.observations.save(reading(TREND, 7, row(TREND, DAY, user_count=5)), EVENING)

    assert select(path, READINGS) == [("user_trend", 7, DAY, AT_NOON, AT_EVENING, 1)]
    assert revisions(path) == []


def test_a_reading_from_before_the_last_one_does_not_make_what_is_known_younger(
    history: History, path: Path
) -> None:
    for at in (NOON, MORNING):
        history.observations.save(reading(TREND, 7, row(TREND, DAY, user_count=5)), at)

    assert select(path, "SELECT last_read FROM readings") == [(AT_NOON,)]


def test_a_correction_keeps_what_it_replaced(history: History, path: Path) -> None:
    for at, users in ((MORNING, 70_123), (NOON, 90_456), (EVENING, 90_457)):
        changed = history.observations.save(reading(TREND, 7, row(TREND, DAY, user_count=users)), at)
        assert changed == 1

    assert cells(path, TREND, "user_count") == [(DAY, 7, 90_457)]
    assert revisions(path) == [
        ("{}", "user_count", 70_123, AT_MORNING, AT_NOON),
        ("{}", "user_count", 90_456, AT_NOON, AT_EVENING),
    ]
    assert select(path, "SELECT DISTINCT report, period, app_id FROM revisions") == [("user_trend", DAY, 7)]


def test_a_value_that_comes_late_leaves_word_that_there_was_none(history: History, path: Path) -> None:
    history.observations.save(reading(TREND, 7, row(TREND, DAY, user_count=5)), MORNING)
    history.observations.save(reading(TREND, 7, row(TREND, DAY, user_count=5, session_count=9)), NOON)

    assert cells(path, TREND, "user_count", "session_count") == [(DAY, 7, 5, 9)]
    assert revisions(path) == [("{}", "session_count", None, AT_MORNING, AT_NOON)]


def test_two_corrections_in_one_second_keep_what_stood_before_the_first(history: History, path: Path) -> None:
    for at, users in ((MORNING, 1), (NOON, 2), (NOON + timedelta(milliseconds=300), 3)):
        history.observations.save(reading(TREND, 7, row(TREND, DAY, user_count=users)), at)

    assert cells(path, TREND, "user_count") == [(DAY, 7, 3)]
    assert revisions(path) == [("{}", "user_count", 1, AT_MORNING, AT_NOON)]


def test_a_second_reading_replaces_the_rows_of_a_breakdown(history: History, path: Path) -> None:
    kept, gone = (
        row(REGIONS, DAY, "北京", session_count_district=5),
        row(REGIONS, DAY, "上海", session_count_district=4),
    )
    new = row(REGIONS, DAY, "西藏", session_count_district=1)
    history.observations.save(reading(REGIONS, 7, kept, gone), MORNING)

    assert history.observations.save(reading(REGIONS, 7, kept, new), NOON) == 2

    assert cells(path, REGIONS, "session_count_district") == [(DAY, 7, "北京", 5), (DAY, 7, "西藏", 1)]
    assert revisions(path) == [
        ('{"region":"上海"}', "session_count_district", 4, AT_MORNING, AT_NOON),
        ('{"region":"西藏"}', "", None, AT_MORNING, AT_NOON),
    ]
    assert select(path, 'SELECT "rows" FROM readings') == [(2,)]


def test_a_removed_page_leaves_its_path_behind(history: History, path: Path) -> None:
    gone = row(PAGES, DAY, "p1", texts=("pages/index", None), pv_count=5)
    history.observations.save(reading(PAGES, 7, gone), MORNING)
    history.observations.save(reading(PAGES, 7, row(PAGES, DAY, "p2", pv_count=5)), NOON)

    assert ('{"page_id":"p1"}', "page", "pages/index", AT_MORNING, AT_NOON) in revisions(path)


@pytest.mark.parametrize("rows", [(), (row(REGIONS, DAY, "西藏"),)], ids=["no row", "no value"])
def test_an_empty_second_reading_removes_nothing_from_a_breakdown(
    history: History, path: Path, rows: tuple[Observation, ...]
) -> None:
    history.observations.save(
        reading(REGIONS, 7, row(REGIONS, DAY, "北京", session_count_district=5)), MORNING
    )
    history.observations.save(reading(REGIONS, 7, *rows), NOON)

    assert cells(path, REGIONS, "session_count_district") == [(DAY, 7, "北京", 5)]
    assert select(path, READINGS) == [("region", 7, DAY, AT_MORNING, AT_NOON, 1)]


def test_the_total_of_a_breakdown_stays_where_a_second_reading_has_none(history: History, path: Path) -> None:
    total, part = (
        row(REGIONS, DAY, "", session_count_district=9),
        row(REGIONS, DAY, "北京", session_count_district=5),
    )
    history.observations.save(reading(REGIONS, 7, total, part), MORNING)
    history.observations.save(reading(REGIONS, 7, part), NOON)

    assert cells(path, REGIONS, "session_count_district") == [(DAY, 7, "", 9), (DAY, 7, "北京", 5)]


def test_a_kind_of_terminal_without_values_keeps_its_rows(history: History, path: Path) -> None:
    brand = row(TERMINALS, DAY, "brand", "Apple", accumulative_session_count=5)
    os = row(TERMINALS, DAY, "os", "iOS", accumulative_session_count=5)
    other = row(TERMINALS, DAY, "os", "Android", accumulative_session_count=5)
    history.observations.save(reading(TERMINALS, 7, brand, os), MORNING)
    history.observations.save(reading(TERMINALS, 7, other), NOON)

    assert [key[2:] for key in cells(path, TERMINALS)] == [("brand", "Apple"), ("os", "Android")]


def test_source_groups_and_children_are_replaced_as_one_set(history: History, path: Path) -> None:
    group = row(SOURCES, DAY, "", "", user_count=9)
    child = row(SOURCES, DAY, "", "1001", texts=("搜索",), user_count=4)
    other = row(SOURCES, DAY, "#2", "", user_count=9)
    history.observations.save(reading(SOURCES, 7, group, child), MORNING)
    history.observations.save(reading(SOURCES, 7, other), NOON)

    assert [key[2:] for key in cells(path, SOURCES)] == [("#2", "")]


def test_a_report_with_a_time_axis_loses_no_rows(history: History, path: Path) -> None:
    cell2, cell3 = (row(RETENTION, DAY, nth, active_user_count=9, retained_user_count=nth) for nth in (2, 3))
    late = MORNING + timedelta(days=9)
    history.observations.save(reading(RETENTION, 7, cell2), late)
    history.observations.save(reading(RETENTION, 7, cell3), late + timedelta(hours=1))

    assert cells(path, RETENTION, "retained_user_count") == [(DAY, 7, 2, 2), (DAY, 7, 3, 3)]
    assert [(dimensions, field) for dimensions, field, *_ in revisions(path)] == [('{"nth":3}', "")]


def test_a_retention_cell_that_ripens_is_no_correction(history: History, path: Path) -> None:
    days = [MORNING + timedelta(days=n) for n in range(1, 4)]
    for at, nths in zip(days, ((2,), (2, 3), (2, 3, 4)), strict=True):
        unripe = row(RETENTION, DAY, max(nths) + 1, active_user_count=9)
        ripe = [row(RETENTION, DAY, nth, active_user_count=9, retained_user_count=nth) for nth in nths]
        history.observations.save(reading(RETENTION, 7, *ripe, unripe), at)

    assert revisions(path) == []
    assert select(path, 'SELECT "rows" FROM readings') == [(3,)]


def test_a_retention_cell_that_comes_late_leaves_word(history: History, path: Path) -> None:
    day_after = MORNING + timedelta(days=1)
    unripe = row(RETENTION, DAY, 2, active_user_count=9)
    other = row(RETENTION, DAY, 3, active_user_count=9, retained_user_count=1)
    history.observations.save(reading(RETENTION, 7, unripe, other), day_after)
    ripe = row(RETENTION, DAY, 2, active_user_count=9, retained_user_count=4)
    history.observations.save(reading(RETENTION, 7, ripe), day_after + timedelta(hours=4))

    assert [each[:3] for each in revisions(path)] == [('{"nth":2}', "retained_user_count", None)]


def test_the_scenes_of_the_platform_do_not_touch_each_other(history: History, path: Path) -> None:
    for scene in ("", "search"):
        one = row(PLATFORM, DAY, scene, tp_day_user_count=5)
        history.observations.save(reading(PLATFORM, None, one, scene=scene), MORNING)
    better = row(PLATFORM, DAY, "search", tp_day_user_count=6)
    history.observations.save(reading(PLATFORM, None, better, scene="search"), NOON)

    assert cells(path, PLATFORM, "tp_day_user_count") == [(DAY, "", 5), (DAY, "search", 6)]
    assert select(path, READINGS) == [
        ("tp_data", 0, DAY, AT_MORNING, AT_MORNING, 1),
        ("tp_data/search", 0, DAY, AT_MORNING, AT_NOON, 1),
    ]
    assert select(path, "SELECT report, app_id, dimensions FROM revisions") == [
        ("tp_data/search", 0, '{"scene":"search"}')
    ]


def test_apps_and_tables_do_not_touch_each_other(history: History, path: Path) -> None:
    for app_id in (7, 8):
        history.observations.save(
            reading(REGIONS, app_id, row(REGIONS, DAY, "北京", session_count_district=5)), NOON
        )
    history.observations.save(
        reading(REGIONS, 7, row(REGIONS, DAY, "上海", session_count_district=5)), EVENING
    )

    assert cells(path, REGIONS) == [(DAY, 7, "上海"), (DAY, 8, "北京")]


@pytest.mark.parametrize(
    "name", ["頁" * 2_000, "🦊", "<script>alert(1)</script>", "*bold*", "a\nb\tc", "=1+1", "a\0b", "x'; --"]
)
def test_a_strange_name_is_stored_as_it_came(history: History, path: Path, name: str) -> None:
    for at in (MORNING, NOON):
        strange = row(PAGES, DAY, name, texts=(name, name), pv_count=1)
        history.observations.save(reading(PAGES, 7, strange), at)

    assert cells(path, PAGES, "page", "alias") == [(DAY, 7, name, name, name)]
    (found,) = history.observations.rows(PAGES, [period(DAY)], ["pv_count"])
    assert (found.dimensions, found.texts) == ((name,), (name, name))
    assert revisions(path) == []


def test_half_a_surrogate_pair_becomes_a_replacement_character(history: History, path: Path) -> None:
    for at in (MORNING, NOON):
        strange = row(PAGES, DAY, "a\ud83d", texts=("\udc00b", None), pv_count=1)
        history.observations.save(reading(PAGES, 7, strange), at)

    assert cells(path, PAGES, "page") == [(DAY, 7, "a\ufffd", "\ufffdb")]
    assert revisions(path) == []


def test_a_number_that_cannot_be_stored_costs_the_whole_reading(history: History, path: Path) -> None:
    good = row(TREND, "2026-11-21", user_count=1)
    for bad in (2**70, 1.5):
        broken = reading(TREND, 7, good, row(TREND, DAY, user_count=bad), first="2026-11-21", last=DAY)
        with pytest.raises(HistoryError, match="nothing was written"):
            history.observations.save(broken, MORNING)

    assert cells(path, TREND) == []
    assert select(path, READINGS) == []


def test_saving_within_a_transaction_is_undone_with_it(history: History, path: Path) -> None:
    def save_and_fail() -> None:
        with history.transaction():
            history.observations.save(reading(TREND, 7, row(TREND, DAY, user_count=1)), MORNING)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        save_and_fail()

    assert cells(path, TREND) == []
    assert select(path, READINGS) == []


def test_a_reading_that_fails_within_a_transaction_leaves_the_others(history: History, path: Path) -> None:
    good = reading(TREND, 7, row(TREND, DAY, user_count=1))
    bad = reading(
        TREND,
        8,
        row(TREND, "2026-11-21", user_count=1),
        row(TREND, DAY, user_count=2**70),
        first="2026-11-21",
        last=DAY,
    )
    with history.transaction():
        history.observations.save(good, MORNING)
        with pytest.raises(HistoryError):
            history.observations.save(bad, MORNING)

    assert cells(path, TREND) == [(DAY, 7)]


def test_rows_whose_reading_was_forgotten_by_hand_are_merged(history: History, path: Path) -> None:
    history.observations.save(reading(TREND, 7, row(TREND, DAY, user_count=1, session_count=3)), MORNING)
    with history.transaction():
        history._connection.execute("DELETE FROM readings")
    history.observations.save(reading(TREND, 7, row(TREND, DAY, user_count=2)), NOON)

    assert cells(path, TREND, "user_count", "session_count") == [(DAY, 7, 2, 3)]


def test_an_instant_without_a_zone_is_refused(history: History) -> None:
    with pytest.raises(ValueError, match="zone"):
        history.observations.save(reading(TREND, 7), MORNING.replace(tzinfo=None))


def test_pruning_forgets_old_periods_of_one_table(history: History, path: Path) -> None:
    for day in ("2026-11-20", DAY):
        for at, value in ((MORNING, 1), (NOON, 2)):
            region = row(REGIONS, day, "北京", session_count_district=value)
            history.observations.save(reading(REGIONS, 7, region, first=day), at)
            history.observations.save(reading(TREND, 7, row(TREND, day, user_count=value), first=day), at)

    assert history.observations.prune(REGIONS, period("2026-11-21")) == 1

    for log in ("region", "readings WHERE report = 'region'", "revisions WHERE report = 'region'"):
        assert select(path, f"SELECT period FROM {log}") == [(DAY,)]
    for log in (
        "user_trend",
        "readings WHERE report = 'user_trend'",
        "revisions WHERE report = 'user_trend'",
    ):
        assert select(path, f"SELECT count(*) FROM {log}") == [(2,)]


def test_pruning_the_platform_forgets_every_scene(history: History, path: Path) -> None:
    for scene in ("", "search"):
        one = replace(row(PLATFORM, DAY, scene), values=(1,) * 18)
        history.observations.save(reading(PLATFORM, None, one, scene=scene), MORNING)

    assert history.observations.prune(PLATFORM, period("2026-11-23")) == 2
    assert select(path, READINGS) == []

"""The past as it was known: compared with what was really there at the time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from smartapp_watch.history.as_known import AsKnown
from smartapp_watch.history.database import History, open_in_memory
from smartapp_watch.history.knowledge import Knowledge
from smartapp_watch.history.observations import Row
from smartapp_watch.history.reading_log import StoredReading
from smartapp_watch.metrics.due import Horizon
from smartapp_watch.metrics.observation import Observation, Reading
from smartapp_watch.metrics.report import Table
from smartapp_watch.rules.rule import Where
from tests.history.made import MORNING, NOON, PAGES, PLATFORM, RETENTION, TREND, period, reading, row

DAYS = ("2026-11-20", "2026-11-21", "2026-11-22")
HOUR = timedelta(hours=1)
CHECKOUT = (Where("page", ("pages/checkout/*",)),)
LATER = NOON + timedelta(days=1)

value = st.one_of(st.none(), st.integers(0, 3))


def shown(known: Knowledge, table: Table, columns: Sequence[str], where: tuple[Where, ...] = ()) -> set[Row]:
    """What a rule would see. A row without any value says the same as none."""
    days = [period(day) for day in DAYS]
    return {
        each for each in known.rows(table, days, columns, where) if any(v is not None for v in each.values)
    }


def trend(values: Sequence[tuple[str, int | None, int | None]]) -> Reading:
    rows = [
        row(TREND, day, user_count=users, session_count=sessions) for day, users, sessions in sorted(values)
    ]
    return reading(TREND, 1, *rows, first=DAYS[0], last=DAYS[-1])


trends = st.lists(st.tuples(st.sampled_from(DAYS), value, value), unique_by=lambda each: each[0]).map(trend)


@st.composite
def pages(draw: st.DrawFn) -> Reading:
    day = draw(st.sampled_from(DAYS))
    names = draw(st.lists(st.sampled_from(["a", "b", ""]), unique=True))
    rows: list[Observation] = []
    for name in names:
        words = (f"pages/{'checkout' if name == 'a' else 'home'}/{name}" if name else None, None)
        rows.append(row(PAGES, day, name, texts=words, pv_count=draw(value), exit_count=draw(value)))
    return reading(PAGES, draw(st.sampled_from([1, 2])), *rows, first=day)


@st.composite
def cohorts(draw: st.DrawFn) -> tuple[Reading, datetime]:
    """A reading of the cohort as it may be at a time: cells that are not over have no value."""
    at = MORNING + draw(st.integers(0, 90)) * HOUR
    day = draw(st.sampled_from(DAYS))
    rows = [
        row(RETENTION, day, nth, active_user_count=9, retained_user_count=draw(value))
        for nth in range(2, 5)
        if period(day).closes(nth) <= at
    ]
    return reading(RETENTION, 1, *rows, first=day), at


def remembers(
    readings: Sequence[tuple[Reading, datetime]],
    table: Table,
    columns: Sequence[str],
    where: tuple[Where, ...],
) -> None:
    """Save the readings in the order of time; then each moment must be known as it was."""
    with open_in_memory() as history:
        moments = []
        for each, at in readings:
            history.observations.save(each, at)
            moments.append((at, shown(history.observations, table, columns, where)))
        for at, was in dict(moments).items():
            assert shown(AsKnown(history.observations, at), table, columns, where) == was


@settings(max_examples=40)
@given(st.lists(trends, max_size=6))
def test_what_was_known_of_a_trend_is_what_was_there(readings: list[Reading]) -> None:
    saved = [(each, MORNING + number * HOUR) for number, each in enumerate(readings)]
    remembers(saved, TREND, ("session_count", "user_count"), ())


@settings(max_examples=50)
@given(st.lists(pages(), max_size=6), st.sampled_from([(), CHECKOUT, (Where("page_id", ("?",)),)]))
def test_what_was_known_of_a_breakdown_is_what_was_there(
    readings: list[Reading], where: tuple[Where, ...]
) -> None:
    saved = [(each, MORNING + number * HOUR) for number, each in enumerate(readings)]
    remembers(saved, PAGES, ("pv_count", "exit_count"), where)


@settings(max_examples=40)
@given(st.lists(cohorts(), max_size=6))
def test_a_cell_is_known_from_when_it_is_over(readings: list[tuple[Reading, datetime]]) -> None:
    in_order = sorted(readings, key=lambda each: each[1])
    with open_in_memory() as history:
        for each, at in in_order:
            history.observations.save(each, at)
        for _, at in in_order:
            for found in shown(AsKnown(history.observations, at), RETENTION, ("retained_user_count",)):
                assert period(found.period).closes(int(found.dimensions[0])) <= at


def test_a_cell_that_was_corrected_is_known_as_it_was(history: History) -> None:
    def cell(count: int) -> Reading:
        return reading(
            RETENTION, 1, row(RETENTION, DAYS[0], 2, active_user_count=9, retained_user_count=count)
        )

    cell_of = replace(cell(5).query, first=period(DAYS[0]), last=period(DAYS[0]))
    history.observations.save(Reading(cell_of, cell(5).observations), MORNING)
    history.observations.save(Reading(cell_of, cell(7).observations), LATER)
    (was,) = shown(AsKnown(history.observations, NOON), RETENTION, ("retained_user_count",))
    (now,) = shown(AsKnown(history.observations, LATER), RETENTION, ("retained_user_count",))
    assert (was.values, now.values) == ((5,), (7,))


def test_a_scene_is_known_from_its_own_reading(history: History) -> None:
    def scene(name: str, users: int) -> Reading:
        return reading(PLATFORM, None, row(PLATFORM, DAYS[2], name, tp_day_user_count=users), scene=name)

    history.observations.save(scene("", 100), MORNING)
    history.observations.save(scene("11", 10), NOON)
    history.observations.save(scene("11", 12), LATER)
    columns, both = ("tp_day_user_count",), (Where("scene", ("", "*")),)

    def values(at: datetime) -> set[tuple[str | int, int | float | None]]:
        rows = shown(AsKnown(history.observations, at), PLATFORM, columns, both)
        return {(each.dimensions[0], each.values[0]) for each in rows}

    assert values(MORNING) == {("", 100)}
    assert values(NOON) == {("", 100), ("11", 10)}
    assert values(LATER) == {("", 100), ("11", 12)}
    days = [period(DAYS[2])]
    known = AsKnown(history.observations, NOON)
    assert known.maturity(PLATFORM, days, "11")[None, DAYS[2]].last_read == NOON
    assert AsKnown(history.observations, MORNING).maturity(PLATFORM, days, "11") == {}


def one(day: str, users: int | None) -> Reading:
    rows = [] if users is None else [row(TREND, day, user_count=users)]
    return reading(TREND, 1, *rows, first=day)


def maturity(known: AsKnown, day: str = DAYS[2]) -> StoredReading | None:
    return known.maturity(TREND, [period(day)]).get((1, day))


def test_what_was_corrected_was_last_read_just_before(history: History) -> None:
    for users, at in ((5, MORNING), (5, NOON), (7, LATER)):
        history.observations.save(one(DAYS[2], users), at)
    before = maturity(AsKnown(history.observations, LATER - HOUR))
    assert before is not None
    assert before.last_read == NOON
    between = maturity(AsKnown(history.observations, MORNING + HOUR))
    assert between is not None
    assert between.last_read == MORNING + HOUR  # no earlier reading is on record: as late as it can be
    now = maturity(AsKnown(history.observations, LATER))
    assert now is not None
    assert now.last_read == LATER


def test_before_it_was_read_nothing_is_known_of_a_period(history: History) -> None:
    history.observations.save(one(DAYS[2], 5), NOON)
    known = AsKnown(history.observations, MORNING)
    assert maturity(known) is None
    assert shown(known, TREND, ("user_count",)) == set()
    assert known.oldest(TREND) is None


def test_zeros_that_values_took_the_place_of_were_zeros(history: History) -> None:
    zeros = Observation(period(DAYS[2]), (), (), (0,) * len(TREND.report.metrics))
    history.observations.save(reading(TREND, 1, zeros, first=DAYS[2]), MORNING)
    history.observations.save(one(DAYS[2], 5), NOON)
    was = maturity(AsKnown(history.observations, NOON - HOUR))
    assert was is not None
    assert was.zeros_since == MORNING
    now = maturity(AsKnown(history.observations, NOON))
    assert now is not None
    assert now.zeros_since is None


def test_a_single_zero_that_is_corrected_is_no_day_of_zeros(history: History) -> None:
    first = row(TREND, DAYS[2], user_count=100, new_user_count=0)
    history.observations.save(reading(TREND, 1, first, first=DAYS[2]), MORNING)
    second = row(TREND, DAYS[2], user_count=100, new_user_count=5)
    history.observations.save(reading(TREND, 1, second, first=DAYS[2]), NOON)
    was = maturity(AsKnown(history.observations, MORNING))
    assert was is not None
    assert was.zeros_since is None


def test_what_was_filled_in_counts_as_known_since_it_settled(history: History) -> None:
    filled = NOON + timedelta(days=30)
    history.observations.save(one(DAYS[0], 5), filled)
    horizon = Horizon(60, timedelta(hours=9), 7)
    settled = period(DAYS[0]).closes() + horizon.settle
    assert maturity(AsKnown(history.observations, settled - HOUR, horizon), DAYS[0]) is None
    assert maturity(AsKnown(history.observations, settled, horizon), DAYS[0]) is not None
    assert maturity(AsKnown(history.observations, settled), DAYS[0]) is None


def test_what_came_late_to_a_watched_mini_program_was_not_known_before(history: History) -> None:
    horizon = Horizon(60, timedelta(hours=9), 7)
    history.observations.save(one(DAYS[0], 5), period(DAYS[0]).closes() + timedelta(hours=12))
    late = period(DAYS[1]).closes() + timedelta(days=9)
    history.observations.save(one(DAYS[1], 5), late)
    assert maturity(AsKnown(history.observations, late - HOUR, horizon), DAYS[1]) is None
    assert maturity(AsKnown(history.observations, late, horizon), DAYS[1]) is not None


def test_changes_end_with_the_moment(history: History) -> None:
    history.observations.save(one(DAYS[1], 5), MORNING)
    history.observations.save(one(DAYS[2], 5), NOON)
    history.observations.save(one(DAYS[0], 5), LATER)
    known = AsKnown(history.observations, NOON)
    assert known.changed(TREND, MORNING, period(DAYS[0])) == {period(DAYS[1]): {1}}
    assert known.changed(TREND, NOON, period(DAYS[0])) == {period(DAYS[2]): {1}}
    assert known.oldest(TREND) == period(DAYS[1])


def test_only_surprises_about_final_figures_count(history: History) -> None:
    closes = period(DAYS[2]).closes()
    settled = {period(day): period(day).closes() + timedelta(hours=9) for day in DAYS}
    patience = timedelta(hours=48)

    def surprising() -> set[int | None]:
        return history.observations.corrections.surprising(TREND, settled, patience)

    history.observations.save(one(DAYS[2], 5), closes + HOUR)
    history.observations.save(one(DAYS[2], 6), closes + 10 * HOUR)
    assert surprising() == set()  # it was no final figure that was corrected
    history.observations.save(one(DAYS[2], 7), closes + 20 * HOUR)
    assert surprising() == {1}


def test_a_late_figure_is_a_surprise_and_a_filled_in_one_is_not(history: History) -> None:
    settled = {period(day): period(day).closes() + timedelta(hours=9) for day in DAYS}
    history.observations.save(one(DAYS[0], 5), NOON + timedelta(days=30))
    assert history.observations.corrections.surprising(TREND, settled, timedelta(hours=48)) == set()
    early = reading(TREND, 2, row(TREND, DAYS[0], user_count=5), first=DAYS[0])
    history.observations.save(early, period(DAYS[0]).closes() + 9 * HOUR)
    late = reading(TREND, 2, row(TREND, DAYS[1], user_count=5), first=DAYS[1])
    history.observations.save(late, NOON + timedelta(days=30))
    assert history.observations.corrections.surprising(TREND, settled, timedelta(hours=48)) == {2}

"""When a fleet was outside its band, and when that is a new level."""

from __future__ import annotations

from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from smartapp_watch.rules.baseline import Episode
from smartapp_watch.rules.fleet import LEAST_SERIES, Shifts
from smartapp_watch.rules.judge import Fleet
from tests.build import DAY

MOST = 5


def spans(shifts: Sequence[float], eligible: int = LEAST_SERIES) -> tuple[Episode, ...]:
    """Of a fleet that was there on days from DAY on."""
    noted = Shifts(MOST)
    for number, shift in enumerate(shifts):
        noted.note(DAY.shift(number), Fleet(shift=shift, eligible=eligible))
    return noted.episodes


def test_a_span_lasts_until_the_fleet_is_back() -> None:
    assert spans([1, 0.8, 1.3, 1, 1]) == (Episode(DAY.shift(1), DAY.shift(3)),)
    assert spans([1, 0.8]) == (Episode(DAY.shift(1)),)


def test_what_lasts_is_a_new_level_and_no_span() -> None:
    assert spans([0.8] * MOST) == (Episode(DAY),)
    assert spans([0.8] * (MOST + 1)) == ()
    assert spans([*[0.8] * (MOST + 1), 1, 0.7]) == (Episode(DAY.shift(MOST + 2)),)


def test_too_few_are_no_fleet() -> None:
    assert spans([0.8], eligible=LEAST_SERIES - 1) == ()


@given(st.lists(st.sampled_from([1.0, 1.0, 0.8, 1.2]), max_size=40))
def test_the_spans_are_the_days_outside_but_for_long_runs(shifts: list[float]) -> None:
    found = spans(shifts)
    for number, shift in enumerate(shifts):
        first = max((each for each in range(number + 1) if shifts[each] == 1), default=-1)
        after = min((each for each in range(number, len(shifts)) if shifts[each] == 1), default=len(shifts))
        outside = shift != 1 and after - first - 1 <= MOST
        assert any(each.covers(DAY.shift(number)) for each in found) is outside

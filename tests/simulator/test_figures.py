from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from smartapp_watch.simulator.figures import Figures, distinct, over_days, per, percent

_DAYS = st.lists(st.integers(0, 1_000_000), min_size=1, max_size=40)


@given(_DAYS)
def test_different_people_are_at_least_the_fullest_day_and_at_most_all_days_together(days: list[int]) -> None:
    assert max(days) <= distinct(days) <= sum(days)


@given(_DAYS, st.integers(0, 1_000_000))
def test_another_day_never_makes_them_fewer(days: list[int], another: int) -> None:
    assert distinct([*days, another]) >= distinct(days)


def test_a_range_of_one_day_is_that_day() -> None:
    day = Figures(3, 999_999, 2_000_000, 17)
    assert over_days([day]) == day


def test_new_users_and_sessions_of_a_range_are_sums() -> None:
    whole = over_days([Figures(10, 200, 400, 4000), Figures(1, 50, 80, 800)])
    assert (whole.new, whole.sessions, whole.seconds) == (11, 480, 4800)
    assert 200 < whole.old < 250


def test_shares_have_two_decimals_and_nothing_has_no_share() -> None:
    assert percent(5620, 6838) == 82.19
    assert str(percent(7, 7)) == "100"
    assert percent(1, 0) == 0
    assert per(100, 3) == 33
    assert per(100, 0) == 0

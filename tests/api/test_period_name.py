"""The names of periods, as the API writes them and slightly otherwise."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smartapp_watch.api.period_name import read_period
from smartapp_watch.metrics.period import Granularity, Period

DAY = date(2026, 11, 22)


@pytest.mark.parametrize(
    ("written", "granularity", "expected"),
    [
        ("2019/04/15", Granularity.DAY, "2019-04-15"),
        (" 2019-04-15 ", Granularity.DAY, "2019-04-15"),
        ("20190415", Granularity.DAY, "2019-04-15"),
        ("2019/04/01 - 2019/04/07", Granularity.WEEK, "2019-W14"),
        ("2019/12/30-2020/01/05", Granularity.WEEK, "2020-W01"),
        ("2019/04", Granularity.MONTH, "2019-04"),
        ("00:00 - 00:59", Granularity.HOUR, "2026-11-22T00"),
        ("23:00 - 23:59", Granularity.HOUR, "2026-11-22T23"),
        ("13:00-13:59", Granularity.HOUR, "2026-11-22T13"),
        ("7:00", Granularity.HOUR, "2026-11-22T07"),
        ("00", Granularity.HOUR, "2026-11-22T00"),
    ],
)
def test_a_period_is_read_from_its_name(written: str, granularity: Granularity, expected: str) -> None:
    period = read_period(written, granularity, DAY)
    assert str(period) == expected
    assert period is not None
    assert period.granularity is granularity


@pytest.mark.parametrize(
    "written", ["2019/04/15 - 2019/04/15", "2019/04/02 - 2019/04/07", "2019/04/01 - 2019/04/06"]
)
def test_a_cut_week_is_no_period(written: str) -> None:
    assert read_period(written, Granularity.WEEK, DAY) is None


@pytest.mark.parametrize(
    ("written", "granularity"),
    [
        ("2019/02/30", Granularity.DAY),
        ("2019/04", Granularity.DAY),
        ("", Granularity.DAY),
        ("0000/01/01", Granularity.DAY),
        ("2019/04/01 - 2019/04/08", Granularity.WEEK),
        ("2019/04/07 - 2019/04/01", Granularity.WEEK),
        ("2019/04/01", Granularity.WEEK),
        ("9999/12/27 - 9999/12/31", Granularity.WEEK),
        ("2019/13", Granularity.MONTH),
        ("24:00 - 24:59", Granularity.HOUR),
        ("03:00 - 04:59", Granularity.HOUR),
        ("03:30", Granularity.HOUR),
    ],
)
def test_a_name_of_no_period_is_refused(written: str, granularity: Granularity) -> None:
    with pytest.raises(ValueError):  # noqa: PT011
        read_period(written, granularity, DAY)


@given(st.text(alphabet="0123456789/:- ", max_size=30) | st.text(max_size=30), st.sampled_from(Granularity))
def test_any_text_is_a_period_or_refused(written: str, granularity: Granularity) -> None:
    try:
        period = read_period(written, granularity, DAY)
    except ValueError:
        return
    assert period is None or Period.parse(str(period)) == period

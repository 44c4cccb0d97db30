"""The notation of series in tests of rules."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smartapp_watch.rules.notation import LONGEST, Cell, read_series, read_words

STATES = frozenset({"ok", "firing"})


@pytest.mark.parametrize(
    ("text", "cells"),
    [
        ("1000", [Cell(1000)]),
        ("0.5", [Cell(0.5)]),
        ("1000x3", [Cell(1000)] * 3),
        ("1000x2 500", [Cell(1000), Cell(1000), Cell(500)]),
        ("_", [Cell()]),
        ("_x2", [Cell(), Cell()]),
        ("?", [Cell(read=False)]),
        ("~500", [Cell(500, early=True)]),
        ("500>950@+1", [Cell(500, later=950, after=1)]),
        ("~500>950@+2x2", [Cell(500, early=True, later=950, after=2)] * 2),
        ("7 x3", [Cell(7)] * 3),
        ("  1\t2\n3 ", [Cell(1), Cell(2), Cell(3)]),
    ],
)
def test_a_series_is_what_its_notation_says(text: str, cells: list[Cell]) -> None:
    assert read_series(text) == tuple(cells)


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("", "it is empty"),
        ("many", "many is no value"),
        ("-5", "-5 is no value"),
        ("1e9", "1e9 is no value"),
        ("500>950", "500>950 is no value"),
        ("500>950@+0", "corrected at once"),
        ("500>_@+1", "is no value"),
        ("500x0", "500x0 repeats it 0 times"),
        ("x3 500", "x3 repeats nothing"),
        ("500 x0", "x0 repeats it 0 times"),
        (f"1x{LONGEST} 1", f"more than {LONGEST} periods"),
        ("1x9999", f"more than {LONGEST} periods"),
    ],
)
def test_what_is_no_series_is_refused_in_words(text: str, what: str) -> None:
    with pytest.raises(ValueError, match=what.replace("+", r"\+")):
        read_series(text)


@pytest.mark.parametrize(
    "text", ["ok x3 firing", "okx3 firing", "ok ok okx1 firing", "ok x1 ok x1 ok firing"]
)
def test_states_are_repeated_like_values(text: str) -> None:
    expected = ("ok", "ok", "ok", "firing")
    assert read_words(text, STATES) == expected


def test_a_state_that_there_is_none_of_is_refused() -> None:
    with pytest.raises(ValueError, match="fired is none of firing, ok"):
        read_words("ok fired", STATES)


@given(st.lists(st.tuples(st.integers(0, 10**6), st.integers(1, 20)), min_size=1, max_size=20))
def test_repeats_add_up(parts: list[tuple[int, int]]) -> None:
    text = " ".join(f"{value}x{count}" for value, count in parts)
    assert read_series(text) == tuple(Cell(float(value)) for value, count in parts for _ in range(count))


@given(st.text("0123456789x_?~>@+. ok", max_size=30))
def test_no_text_breaks_it(text: str) -> None:
    with suppress(ValueError):
        assert read_series(text)

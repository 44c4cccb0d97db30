"""What carries a change."""

from __future__ import annotations

from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from smartapp_watch.rules.contribution import carriers, parts_of_count, parts_of_mean, standing_out

NAMES = st.sampled_from("abcdef")
COUNTS = st.dictionaries(NAMES, st.integers(0, 10**9) | st.floats(0, 1e9, allow_subnormal=False))
WEIGHED = st.dictionaries(NAMES, st.tuples(st.integers(0, 10**6), st.floats(0, 1e6)))


@given(COUNTS, st.lists(COUNTS, min_size=1, max_size=8))
def test_the_parts_of_a_count_add_up_to_its_change_exactly(
    present: dict[str, float], past: list[dict[str, float]]
) -> None:
    now = sum(map(Fraction, present.values()))
    before = sum((Fraction(count) for period in past for count in period.values()), Fraction()) / len(past)
    parts = parts_of_count(present, past)
    assert sum(part.amount for part in parts) == now - before
    assert not parts or sum(part.share for part in parts) == 1


@given(WEIGHED, st.lists(WEIGHED, min_size=1, max_size=8))
def test_the_parts_of_a_mean_add_up_to_its_change_exactly(
    present: dict[str, tuple[int, float]], past: list[dict[str, tuple[int, float]]]
) -> None:
    now, before = mean([present]), mean(past)
    parts = parts_of_mean(present, past)
    if now is None or before is None:
        assert parts == []
    else:
        assert sum(part.amount for part in parts) == now - before


def mean(periods: list[dict[str, tuple[int, float]]]) -> Fraction | None:
    pairs = [pair for period in periods for pair in period.values()]
    weight = sum(weight for weight, _ in pairs)
    return Fraction(sum(weight * Fraction(figure) for weight, figure in pairs)) / weight if weight else None


def test_the_one_value_that_fell_carries_all_of_a_drop() -> None:
    parts = parts_of_count({"search": 100, "feed": 300}, [{"search": 500, "feed": 300}])
    (only,) = carriers(parts)
    assert only.value == "search"
    assert only.amount == -400
    assert only.share == 1
    assert only.usual == Fraction(5, 8)


def test_a_value_that_went_against_the_change_is_no_carrier() -> None:
    parts = parts_of_count({"a": 0, "b": 150}, [{"a": 200, "b": 100}])
    assert [(part.value, part.share) for part in parts] == [("a", Fraction(4, 3)), ("b", Fraction(-1, 3))]
    assert [part.value for part in carriers(parts)] == ["a"]


def test_under_three_per_cent_of_the_change_nothing_is_told() -> None:
    parts = parts_of_count({"a": 3, "b": 97.1}, [{"a": 6, "b": 194.1}])
    assert [part.value for part in carriers(parts)] == ["b", "a"]
    parts = parts_of_count({"a": 3, "b": 97}, [{"a": 5.99, "b": 194.01}])
    assert [part.value for part in carriers(parts)] == ["b"]


def test_a_value_that_is_new_or_gone_counts_nothing_where_it_is_missing() -> None:
    parts = parts_of_count({"new": 30}, [{"gone": 60}, {}])
    assert parts == []
    parts = parts_of_count({"new": 10}, [{"gone": 60}, {}])
    assert {part.value: part.amount for part in parts} == {"new": 10, "gone": -30}


def test_mix_and_rate_are_told_apart() -> None:
    """Half as many sessions from where they are long: shorter in the mean, though no source is."""
    mixed = parts_of_mean({"long": (50, 200), "short": (100, 50)}, [{"long": (100, 200), "short": (100, 50)}])
    assert [part.rate for part in mixed] == [0, 0]
    assert sum(part.mix for part in mixed) == -25
    slower = parts_of_mean({"x": (100, 80), "y": (100, 50)}, [{"x": (100, 100), "y": (100, 50)}])
    assert {part.value: part.rate for part in slower} == {"x": -10, "y": 0}
    assert [part.mix for part in slower] == [0, 0]


def test_without_a_past_or_a_change_there_are_no_parts() -> None:
    assert parts_of_count({"a": 1}, []) == []
    assert parts_of_count({"a": 1}, [{"a": 1}]) == []
    assert parts_of_mean({}, [{"a": (1, 1)}]) == []
    assert parts_of_mean({"a": (1, 1)}, [{"a": (0, 1)}]) == []


def test_what_fell_with_all_the_rest_does_not_stand_out() -> None:
    parts = parts_of_count({"a": 500, "b": 52, "c": 98}, [{"a": 1000, "b": 100, "c": 200}])
    assert len(carriers(parts)) == 3
    assert standing_out(parts) == []


def test_what_carries_more_than_its_size_lets_expect_stands_out() -> None:
    parts = parts_of_count({"a": 980, "b": 5, "c": 190}, [{"a": 1000, "b": 300, "c": 200}])
    assert [part.value for part in standing_out(parts)] == ["b"]


def test_what_chance_explains_does_not_stand_out() -> None:
    parts = parts_of_count({"a": 91, "b": 4}, [{"a": 100, "b": 10}])
    assert [part.value for part in carriers(parts)] == ["a", "b"]
    assert parts[1].share - parts[1].usual > 0.3
    assert standing_out(parts) == []

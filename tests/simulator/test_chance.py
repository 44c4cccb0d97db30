from __future__ import annotations

from hypothesis import example, given
from hypothesis import strategies as st

from smartapp_watch.simulator.chance import binomial, split, stream, wobble

_COUNTS = st.integers(0, 100_000)
_SHARES = st.floats(0, 1)


@given(st.integers(), st.text(), _COUNTS, _SHARES)
def test_equal_names_draw_equal_numbers(seed: int, name: str, trials: int, share: float) -> None:
    assert binomial(stream(seed, name), trials, share) == binomial(stream(seed, name), trials, share)


@given(st.integers(), _COUNTS, _SHARES, st.sampled_from([0.0, 0.5, 1.0]))
def test_a_binomial_stays_between_none_and_all(seed: int, trials: int, share: float, noise: float) -> None:
    assert 0 <= binomial(stream(seed), trials, share, noise) <= trials


def test_a_binomial_has_the_mean_and_the_scatter_it_should_have() -> None:
    for trials, share in ((12, 0.3), (40, 0.95), (5000, 0.02), (800, 0.5)):
        drawn = [binomial(stream("spread", trials, number), trials, share) for number in range(3000)]
        mean = sum(drawn) / len(drawn)
        variance = sum((one - mean) ** 2 for one in drawn) / len(drawn)
        expected = trials * share * (1 - share)
        assert abs(mean - trials * share) < 5 * (expected / len(drawn)) ** 0.5
        assert 0.85 < variance / expected < 1.15


def test_without_noise_a_binomial_is_its_mean() -> None:
    assert binomial(stream(1), 1000, 0.25, 0) == 250


@given(st.integers(), _COUNTS, st.lists(st.floats(0, 10), min_size=1, max_size=40))
@example(1, 100, [10.0, 1e-20, 1e-20])
def test_a_split_adds_up_and_gives_nothing_to_who_has_no_weight(
    seed: int, count: int, weights: list[float]
) -> None:
    parts = split(stream(seed), count, weights)
    assert sum(parts) == (count if any(weights) else 0)
    assert all(part >= 0 for part in parts)
    assert all(part == 0 for part, weight in zip(parts, weights, strict=True) if not weight)


@given(st.integers(), st.floats(0, 0.5))
def test_a_wobble_is_never_wild(seed: int, spread: float) -> None:
    assert 0.2 < wobble(stream(seed), spread) < 4.6

"""A fleet with known truth: how many false alarms a day its size makes, and how soon real losses are found.

The figures are drawn, the verdicts are those of the rules: ``score``, ``fleet_noise`` and ``cut_of``. A loss
is looked for in the day, and in the sums of the last 2 and 4 days, as three rules would. Each has the whole
budget for itself; as a scatter is never taken for less than its floor, all three together stay within one.

BENCH_SERIES is how many (100,000), BENCH_SEEDS of which drawings (20261122). BENCH_TAILS=5 draws the noise
from Student's distribution with so many degrees of freedom, of the same spread, in place of the normal one.
"""

from __future__ import annotations

import os
import random
from math import exp, sqrt
from statistics import median

from smartapp_watch.metrics.report import Unit
from smartapp_watch.rules.fleet import FALSE_ALARMS, cut_of
from smartapp_watch.rules.rule import Direction
from smartapp_watch.rules.score import fleet_noise, score

_WEEKS = 8
_WINDOWS = (1, 2, 4)
_DAYS = 4
"""How many days are judged; a loss begins on the first of them."""
_BEFORE = max(_WINDOWS) - 1
_HALVED = 200
_NOISE = 0.12
_LARGE = 150
"""Users a day, from which on a loss is to be found."""

_TAILS = int(os.environ.get("BENCH_TAILS", "0"))

_Weeks = list[list[int]]
"""A series: this week and those before it, of each the days up to the last that is judged."""


def main() -> None:
    """Draw each fleet, judge four days of it, and print what was found."""
    count = int(os.environ.get("BENCH_SERIES", "100000"))
    for seed in os.environ.get("BENCH_SEEDS", "20261122").split(","):
        _judge(count, random.Random(int(seed)))


def _judge(count: int, random_: random.Random) -> None:
    levels = [exp(random_.gauss(5.3, 1.5)) for _ in range(count)]
    halved = {each: levels[each] for each in random_.sample(range(count), _HALVED)}
    fleet = [_draw(random_, level, each in halved) for each, level in enumerate(levels)]
    found: dict[int, int] = {}
    false: list[int] = []
    for day in range(_DAYS):
        breaches = {each for window in _WINDOWS for each in _breaches(fleet, day, window)}
        false.append(len(breaches - halved.keys()))
        for each in breaches & halved.keys():
            found.setdefault(each, day + 1)
    large = [each for each, level in halved.items() if level >= _LARGE]
    print(f"{count:,} series, noise {_NOISE:.0%}; {_HALVED} halved, {len(large)} of {_LARGE} or more a day")
    print(f"false alarms a day: {', '.join(map(str, false))} (budget {FALSE_ALARMS})")
    for days in range(1, _DAYS + 1):
        hits = {each for each, day in found.items() if day <= days}
        recall = sum(each in hits for each in large) / len(large)
        precision = len(hits) / (len(hits) + sum(false[:days]))
        of_all = len(hits) / len(halved)
        print(f"within {days} days: recall {recall:.1%} ({of_all:.1%} of all), precision {precision:.1%}")


def _draw(random_: random.Random, level: float, is_halved: bool) -> _Weeks:
    return [
        [
            _figure(random_, level / 2 if is_halved and week == 0 and day >= _BEFORE else level)
            for day in range(_BEFORE + _DAYS)
        ]
        for week in range(_WEEKS + 1)
    ]


def _figure(random_: random.Random, level: float) -> int:
    return max(0, round(level + _unit(random_) * sqrt(level + (_NOISE * level) ** 2)))


def _unit(random_: random.Random) -> float:
    """Noise with a variance of one."""
    normal = random_.gauss(0, 1)
    if not _TAILS:
        return normal
    return normal * sqrt((_TAILS - 2) / (2 * random_.gammavariate(_TAILS / 2, 1)))


def _breaches(fleet: list[_Weeks], day: int, window: int) -> list[int]:
    """The series whose sum of so many days, up to one, is an unusual drop."""
    last = _BEFORE + day + 1
    sums = [[sum(week[last - window : last]) for week in series] for series in fleet]
    shift = median(now / usual for now, *past in sums if (usual := median(past)))
    noise = fleet_noise((now, median(past)) for now, *past in sums)
    cut = cut_of(len(fleet), Direction.DROP)
    assert abs(shift - 1) < noise
    scores = (score(now, past, noise, Unit.COUNT).score for now, *past in sums)
    return [each for each, found in enumerate(scores) if found <= -cut]

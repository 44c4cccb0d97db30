"""Five rules, judged by ``evaluate`` and ``backtest``, by a plain loop, and asked of Prometheus.

A limit, a drop and a rise against the same weekday, a move beyond the scatter of eight weeks, and a week's
sum against the one before: of BENCH_APPS mini-programs (300) with 120 days. ``evaluate`` does more than find
hits: it knows what was final when, tells chance from change, moves alerts and remembers; what it counts are
alerts. The loop asks a query for each mini-program, rule and day; the scan adds up what the rules look at.

Prometheus gets the same figures in blocks made by promtool, and the same conditions over HTTP; its processor
time is that of the server alone. It is taken from PROMETHEUS, the path of its program, or from PATH; promtool
lies beside it. Debian's package, unpacked and not installed, will do: ``apt-get download prometheus``,
``dpkg -x prometheus_*.deb /tmp/prometheus``, ``PROMETHEUS=/tmp/prometheus/usr/bin/prometheus``.
"""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median
from urllib.error import URLError
from urllib.parse import urlencode
from urllib.request import urlopen

from bench.evaluate import HORIZON, _looked_at
from bench.fleet import NOW, REPORTS, fill
from smartapp_watch.config.load import load_rules
from smartapp_watch.evaluate import Scope, Watched, evaluate
from smartapp_watch.evaluate.backtest import backtest
from smartapp_watch.history.database import History, open_history
from smartapp_watch.metrics.observation import App
from smartapp_watch.metrics.period import Period, periods_between
from smartapp_watch.rules.rule import Rule

HISTORY, BACK, ROUNDS = 120, 60, 3
NEWEST = Period.newest_closed(NOW)

RULES = """
[[rule]]
name = "limit"
metric = "activity_user.lost_ratio"
above = 40.09

[[rule]]
name = "drop"
metric = "user_trend.user_count"
drops_by = "20%"
against = "last_week"

[[rule]]
name = "page"
metric = "visit_page.bounce_ratio"
rises_by = "10pp"
against = "last_week"
at_least = { pv_count = 100 }

[[rule]]
name = "scatter"
metric = "user_trend.session_count"
unusual = "either"
score = 4

[[rule]]
name = "week"
metric = "user_trend.new_user_count"
window = 7
drops_by = "50%"
against = "last_week"
"""

_PAST = " or ".join(
    f'label_replace(session_count offset {7 * week}d, "week", "{week}", "", "")' for week in range(1, 9)
)
_USUAL = f"quantile by (app) (0.5, {_PAST})"
_SPREAD = f"quantile by (app) (0.5, abs(({_PAST}) - on (app) group_left () {_USUAL}))"
# A range has both its ends: six days and a half hold seven of them.
QUERIES = {
    "limit": "lost_ratio > 40.09",
    "drop": "user_count <= 0.8 * (user_count offset 7d)",
    "page": "bounce_ratio - bounce_ratio offset 7d >= 10 and pv_count >= 100 and pv_count offset 7d >= 100",
    "scatter": f"abs(session_count - on (app) {_USUAL}) >= 4 * 1.4826 * {_SPREAD}",
    "week": "sum_over_time(new_user_count[156h]) <= 0.5 * sum_over_time(new_user_count[156h] offset 7d)",
}
_SERIES = {
    "activity_user": ("lost_ratio",),
    "user_trend": ("user_count", "session_count", "new_user_count"),
    "visit_page": ("bounce_ratio", "pv_count"),
}


@dataclass(slots=True)
class Cost:
    """Seconds of processor time, and how many (series, day) it found."""

    seconds: float
    hits: int


def main() -> None:
    """Print, for a day and for 60, what each takes for each rule, and the ratios of the sums."""
    apps = int(os.environ.get("BENCH_APPS", "300"))
    program = os.environ.get("PROMETHEUS") or shutil.which("prometheus")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "history.db"
        (Path(folder) / "five.toml").write_text(RULES, "utf-8")
        rules = load_rules(Path(folder) / "five.toml")
        with open_history(path) as history:
            fill(history, apps, HISTORY)
            table = _ours(history, rules, apps)
        if program:
            with _serve(Path(program), path, Path(folder)) as ask:
                for (days, name), costs in table.items():
                    costs["Prometheus"] = ask(QUERIES[name], days)
        else:
            print("no Prometheus: neither PROMETHEUS nor PATH names one; what follows is without it")
    print(f"{apps:,} mini-programs, {HISTORY} days; milliseconds (hits)")
    for days in (1, BACK):
        _show(days, {name: costs for (each, name), costs in table.items() if each == days})


def _show(days: int, table: dict[str, dict[str, Cost]]) -> None:
    ways = list(next(iter(table.values())))
    print(f"{f'{days} days' if days > 1 else 'one day':12}" + "".join(f"{way:>22}" for way in ways))
    for name, costs in table.items():
        cells = (f"{1000 * cost.seconds:,.1f} ({cost.hits:,})" for cost in costs.values())
        print(f"{name:12}" + "".join(f"{cell:>22}" for cell in cells))
    sums = [sum(costs[way].seconds for costs in table.values()) for way in ways]
    print(f"{'sum':12}" + "".join(f"{1000 * each:22,.1f}" for each in sums))
    print(f"{'of ours':12}" + "".join(f"{f'x {each / sums[0]:.2f}':>22}" for each in sums))


def _ours(history: History, rules: tuple[Rule, ...], apps: int) -> dict[tuple[int, str], dict[str, Cost]]:
    """The product's own, the scan's and the loop's, by (days, rule)."""
    watched = tuple(Watched(App(number), frozenset(REPORTS)) for number in range(1, apps + 1))
    table: dict[tuple[int, str], dict[str, Cost]] = {}
    for days in (1, BACK):
        for rule in rules:
            scope = Scope((rule,), watched, (), HORIZON)
            judge = _day(history, scope) if days == 1 else _backtest(history, scope)
            periods = list(periods_between(NEWEST.shift(1 - days), NEWEST))
            table[days, rule.name] = {
                "evaluate": _cost(judge),
                "scan": _cost(lambda: _scan(history, rule, periods)),  # noqa: B023 - run at once
                "loop": _cost(lambda: _loop(history, rule.name, apps, periods), rounds=1),  # noqa: B023
            }
    return table


def _day(history: History, scope: Scope) -> Callable[[], int]:
    """Judges the newest day, whenever it is called: what was before it is judged already."""
    evaluate(history, scope, NOW - timedelta(days=1))
    return lambda: len(evaluate(history, scope, NOW, dry_run=True))


def _backtest(history: History, scope: Scope) -> Callable[[], int]:
    return lambda: len(backtest(history, scope, NOW, BACK).episodes)


def _cost(work: Callable[[], int], rounds: int = ROUNDS) -> Cost:
    spent = []
    for _ in range(rounds):
        started = time.process_time()
        hits = work()
        spent.append(time.process_time() - started)
    return Cost(median(spent), hits)


def _scan(history: History, rule: Rule, periods: list[Period]) -> int:
    days = sorted({day.shift(-back) for day in periods for back in range(rule.window)})
    clause, columns = _looked_at(rule, days)
    sums = ", ".join(f"sum({each})" for each in columns)
    list(
        history._connection.select(f"SELECT {sums} FROM {rule.table.name} WHERE {clause.sql}", clause.values)
    )
    return 0


def _loop(history: History, name: str, apps: int, periods: list[Period]) -> int:
    """What a plain program would do: a query for each mini-program and day."""
    condition = _CONDITIONS[name]
    return sum(condition(history, app, day) for day in periods for app in range(1, apps + 1))


def _values(history: History, table: str, column: str, app: int, days: list[Period]) -> dict[str, float]:
    marks = ", ".join("?" * len(days))
    sql = f"SELECT period, {column} FROM {table} WHERE app_id = ? AND period IN ({marks})"
    return dict(history._connection.select(sql, (app, *map(str, days))))


def _limit(history: History, app: int, day: Period) -> int:
    return _values(history, "activity_user", "lost_ratio", app, [day])[str(day)] > 40.09


def _drop(history: History, app: int, day: Period) -> int:
    past = day.shift(-7)
    found = _values(history, "user_trend", "user_count", app, [day, past])
    return found[str(day)] <= 0.8 * found[str(past)]


def _page(history: History, app: int, day: Period) -> int:
    sql = "SELECT page_id, bounce_ratio, pv_count FROM visit_page WHERE app_id = ? AND period = ?"
    now, past = (
        {page: (ratio, views) for page, ratio, views in history._connection.select(sql, (app, str(each)))}
        for each in (day, day.shift(-7))
    )
    return sum(
        ratio - past[page][0] >= 10 and min(views, past[page][1]) >= 100
        for page, (ratio, views) in now.items()
        if page in past
    )


def _scatter(history: History, app: int, day: Period) -> int:
    weeks = [day.shift(-7 * week) for week in range(9)]
    present, *past = _values(history, "user_trend", "session_count", app, weeks[::-1]).values().__reversed__()
    usual = median(past)
    return abs(present - usual) >= 4 * 1.4826 * median(abs(each - usual) for each in past)


def _week(history: History, app: int, day: Period) -> int:
    days = [day.shift(-back) for back in range(14)]
    found = _values(history, "user_trend", "new_user_count", app, days)
    now, past = (sum(found[str(each)] for each in part) for part in (days[:7], days[7:]))
    return now <= 0.5 * past


_CONDITIONS: dict[str, Callable[[History, int, Period], int]] = {
    "limit": _limit,
    "drop": _drop,
    "page": _page,
    "scatter": _scatter,
    "week": _week,
}


@contextmanager
def _serve(program: Path, history: Path, folder: Path) -> Iterator[Callable[[str, int], Cost]]:
    """A Prometheus that has the history's figures, and how to ask it for the newest days."""
    figures, blocks = folder / "figures.txt", folder / "blocks"
    with figures.open("w", encoding="utf-8") as file:
        file.writelines(_exposition(history))
    promtool = program.with_name("promtool")
    make = (promtool, "tsdb", "create-blocks-from", "openmetrics", "--max-block-duration=8760h")
    subprocess.run([*make, figures, blocks], check=True, stdout=subprocess.DEVNULL)
    (folder / "prometheus.yml").touch()
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{free.getsockname()[1]}"
    server = subprocess.Popen(
        [
            program,
            f"--config.file={folder / 'prometheus.yml'}",
            f"--storage.tsdb.path={blocks}",
            "--storage.tsdb.retention.time=100y",
            f"--web.listen-address={address}",
            "--log.level=error",
        ]
    )
    try:
        _wait_for(f"http://{address}/-/ready", server)
        yield lambda query, days: _ask(address, server.pid, query, days)
    finally:
        server.terminate()
        server.wait()


def _exposition(history: Path) -> Iterator[str]:
    """The figures as promtool takes them: each of the start of its day, in UTC."""
    with open_history(history, read_only=True) as opened:
        for table, columns in _SERIES.items():
            page = ",page=\"' || page_id || '\"" if table == "visit_page" else ""
            for column in columns:
                yield f"# TYPE {column} gauge\n"
                yield from (
                    f"{line}\n"
                    for (line,) in opened._connection.select(
                        f"SELECT '{column}{{app=\"' || app_id || '\"{page}}} ' || {column} || ' ' || "
                        f"unixepoch(period) FROM {table} ORDER BY app_id, {'page_id, ' if page else ''}period"
                    )
                )
    yield "# EOF\n"


def _wait_for(address: str, server: subprocess.Popen[bytes]) -> None:
    while server.poll() is None:
        try:
            urlopen(address).close()
        except URLError:
            time.sleep(0.1)
        else:
            return
    raise SystemExit("Prometheus ended before it answered")


def _ask(address: str, server: int, query: str, days: int) -> Cost:
    newest = datetime.combine(NEWEST.first, datetime.min.time(), UTC)
    oldest = newest - timedelta(days=days - 1)
    span = {"start": oldest.timestamp(), "end": newest.timestamp(), "step": "1d"}
    asked = urlencode({"query": query, **span})
    spent = []
    for _ in range(ROUNDS):
        before = _processor_time(server)
        with urlopen(f"http://{address}/api/v1/query_range?{asked}") as answer:
            document = json.load(answer)
        spent.append(_processor_time(server) - before)
    return Cost(median(spent), sum(len(series["values"]) for series in document["data"]["result"]))


def _processor_time(process: int) -> float:
    """Seconds that all threads of a process have run: finer than the process's own count."""
    threads = Path(f"/proc/{process}/task").glob("*/schedstat")
    return sum(int(each.read_text("ascii").split()[0]) for each in threads) / 1e9


if __name__ == "__main__":
    main()

"""Writes docs/reports.md from the catalog of reports: ``.venv/bin/python docs/generate.py``.

What the catalog does not say, and what one must know so as not to misread a figure, stands here.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from smartapp_watch.metrics.catalog import REPORTS
from smartapp_watch.metrics.report import Dimension, Good, Metric, Report, Table
from smartapp_watch.metrics.words import Words
from smartapp_watch.notify.words import NOTES

PAGE = Path(__file__).with_name("reports.md")

INTRODUCTION = """\
# The ten reports

Made from `smartapp_watch/metrics/catalog.py` by `docs/generate.py`; change those, not this page.
本页由程序生成，列出全部十个报表的字段：中英文名称、单位、由哪些数相除得出，以及容易误读之处。

A metric is written `report.field`, with the names of Baidu's API, in rules and on the command line: the same
field means different things in different reports. Counts are whole numbers, a per cent is written 82.19 for
82.19 %, times are seconds. A value that Baidu does not have (`"--"`) is `NULL`, never zero. Days, weeks (from
Monday to Sunday) and months are Beijing's.

*Better* says which way is good news; where it is empty, nobody can say. *Made of* says what is divided: two
fields of the same row, or what they stand for.
"""

MADE_OF = {
    "user_trend.average_session_time": "time ÷ sessions",
    "user_trend.session_time_per_person": "time ÷ users",
    "activity_user.daily_activity_degree": "`user_count` ÷ `accumulative_user_count`",
    "activity_user.day_month_activity_degree": "`user_count` ÷ `monthly_user_count`",
    "activity_user.weekly_activity_degree": "`weekly_user_count` ÷ `accumulative_user_count`",
    "activity_user.monthly_activity_degree": "`monthly_user_count` ÷ `accumulative_user_count`",
    "activity_user.lost_ratio": "`lost_user_count` ÷ `accumulative_user_count`",
    "source.session_count_per_user": "sessions ÷ users",
    "source.average_session_time": "time ÷ sessions",
}
"""What metrics are made of that the catalog gives no two counts of."""

CAUTIONS = {
    "activity_user": Words(
        "周活跃和月活跃是最近 7 天和 30 天的滚动去重人数：相邻两天的窗口大部分重叠，不是独立样本。",
        "The users of 7 and of 30 days are rolling windows without duplicates: those of two neighbouring "
        "days are almost the same, and no independent samples.",
    ),
    "retained_user": Words(
        "每行是一批用户（`period`）在第 `nth` 期的留存：2 是次日（次周、次月），9 是最后一期。"
        "该期结束前没有值。",
        "A row is what became of the users of `period` in their `nth` day, week or month: 2 is the one after "
        "their own, 9 the last. Until that is over there is no value.",
    ),
    "visit_attribute": Words(
        "百度只给出百分比，没有人数。",
        "Baidu gives shares alone, without a count of users.",
    ),
    "region": Words(
        "同一用户在两个地域使用会计两次：跨地域请汇总启动次数，不要汇总用户数。",
        "A user seen in two regions counts in both: add up sessions over regions, not users.",
    ),
    "terminal": Words(
        "同一用户使用两种终端会计两次；联网方式（`network`）没有新用户占比和启动用户占比。",
        "A user of two terminals counts in both. By `network` there are no shares of new users and of users.",
    ),
    "visit_character": Words(
        "各类型只有人数或只有次数，另一组列为 `NULL`。"
        "`frequency` 是一天启动几次，`interval` 是距上次启动多久。",
        "Each kind has users or sessions; the other columns are `NULL`. `frequency` is launches a day, "
        "`interval` the time since the launch before.",
    ),
    "source": Words(
        "`scene` 为空的行是来源分组，其余是其子来源，一并汇总会重复计算。"
        "没有编号的分组 `source` 为空，同编号的第二组带 `#2`。",
        "A row with an empty `scene` is a group, the others are its children: a sum over both counts twice. "
        "A group without a code has an empty `source`, a second one of the same code has `#2` behind it.",
    ),
    "tp_data": Words(
        "统计整个第三方平台，没有 `app_id`；`scene` 为空表示全部场景。近 7 日、近 30 日为滚动窗口。",
        "Of the whole third-party platform, so without `app_id`; an empty `scene` is all scenes together. "
        "Figures of 7 and of 30 days are rolling windows.",
    ),
}
"""What to know of a report before reading it."""

_TOTAL = Words(
    "最后一个维度为空的行是小程序的合计（百度的 `sum`）。",
    "The row whose last dimension is empty is the mini-program's own total, Baidu's `sum`.",
)
_DAY_BY_DAY = Words(
    "没有时间轴，须逐日查询：每天每个小程序至少 {} 次调用。",
    "Without a time axis, so it is asked for day by day: at least {} for each day and mini-program.",
)


def page() -> str:
    """The whole page."""
    contents = [
        f"- [{name}](#{name}): {report.words.zh}, {report.words.en}" for name, report in REPORTS.items()
    ]
    lines = [line for report in REPORTS.values() for line in _section(report)]
    return "\n".join([INTRODUCTION, *contents, *lines, ""])


def _section(report: Report) -> Iterator[str]:
    tables = [Table(report, granularity) for granularity in report.granularities]
    yield f"\n## {report.name}\n"
    yield f"**{report.words.zh}, {report.words.en}.** Endpoint `{report.path.rpartition('/')[2]}`."
    yield f"Tables: {', '.join(f'`{each.name}` ({each.granularity}s)' for each in tables)}."
    yield f"Key: {', '.join(f'`{name}`' for name in tables[0].key)}."
    yield from _columns(report)
    yield from _table(
        ("field", "中文", "English", "unit", "better", "made of"),
        (_cells(report, metric) for metric in report.metrics),
    )
    cautions = [f"- {words.zh}  \n  {words.en}" for words in _cautions(report)]
    yield from ("", *cautions) if cautions else ()


def _columns(report: Report) -> Iterator[str]:
    rows = [(each.name, each.words, _values(each)) for each in report.dimensions]
    rows += [(each.name, each.words, "words beside the key") for each in report.texts]
    if rows:
        cells = ((f"`{name}`", words.zh, words.en, values) for name, words, values in rows)
        yield from _table(("column", "中文", "English", "values"), cells)


def _values(dimension: Dimension) -> str:
    return ", ".join(f"`{stored}`" for _, stored in dimension.variants)


def _cells(report: Report, metric: Metric) -> tuple[str, ...]:
    made_of = MADE_OF.get(f"{report.name}.{metric.name}", "")
    if metric.of:
        made_of = " ÷ ".join(f"`{name}`" for name in metric.of)
    better = "" if metric.good is Good.NEITHER else str(metric.good)
    return (f"`{metric.name}`", metric.words.zh, metric.words.en, str(metric.unit), better, made_of)


def _cautions(report: Report) -> Iterator[Words]:
    if report.name in CAUTIONS:
        yield CAUTIONS[report.name]
    names = [f"{report.name}.{metric.name}" for metric in report.metrics]
    yield from (NOTES[name] for name in names if name in NOTES)
    if report.has_sum:
        yield _TOTAL
    if not report.time_axis:
        calls = "one call" if report.calls == 1 else f"{report.calls} calls"
        yield Words(_DAY_BY_DAY.zh.format(report.calls), _DAY_BY_DAY.en.format(calls))


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> Iterator[str]:
    yield ""
    for cells in (head, ("---",) * len(head), *rows):
        yield f"| {' | '.join(cells)} |"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")

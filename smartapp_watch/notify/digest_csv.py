"""The file that comes with a digest's mail: every mini-program, for a spreadsheet."""

from __future__ import annotations

import re
from collections.abc import Iterator
from math import isfinite

from smartapp_watch.alerts.digest_parts import AppLine, Total
from smartapp_watch.alerts.notification import DigestNotice
from smartapp_watch.metrics.words import Language, Words
from smartapp_watch.notify.message import Attachment
from smartapp_watch.notify.spreadsheet import csv_text
from smartapp_watch.notify.text import short
from smartapp_watch.notify.words import subject_of

_ENCODING = "utf-8-sig"
"""With a byte order mark: without one, Excel takes Chinese for something else."""

_LINE_END = "\r\n"
_NAME = 200
_NOT_OF_A_NAME = re.compile(r"[^0-9A-Za-z-]+")
_DIGITS = 2
_HEAD = {
    "app_id": Words("小程序编号", "mini-program id"),
    "name": Words("小程序", "mini-program"),
    "first": Words("开始日期", "first day"),
    "last": Words("结束日期", "last day"),
    "days_known": Words("有数据的天数", "days with data"),
    "open_alerts": Words("未解除的告警", "open alerts"),
    "near_misses": Words("留意", "watch"),
}
_OF_A_TOTAL = {
    "": Words("", ""),
    "before": Words("，对比期", ", before"),
    "change_percent": Words("，较对比期变化%", ", change %"),
    "usual": Words("，4 周中位数", ", 4-week median"),
}


def csv_name(notice: DigestNotice) -> str:
    """What the file is called: ``fleet-2026-W47.csv``."""
    return f"fleet-{_NOT_OF_A_NAME.sub('', notice.period)[:20]}.csv"


def digest_csv(notice: DigestNotice, language: Language) -> Attachment:
    """Every mini-program on a line, in plain numbers; what is not known is empty, and never 0.

    Columns are called in ``language``, and as the API does in brackets, so that scripts can find them.
    """
    head = [f"{words.in_(language)} ({name})" for name, words in _HEAD.items()]
    head += [label for total in notice.totals for label in _labels(total, language)]
    metrics = [total.metric for total in notice.totals]
    rows = (_row(notice, app, metrics) for app in notice.apps)
    text = csv_text(head, rows, line_end=_LINE_END)
    return Attachment(csv_name(notice), text.encode(_ENCODING), "text/csv")


def _labels(total: Total, language: Language) -> Iterator[str]:
    words = subject_of(total.metric).metric.words
    if total.a_day:
        words = Words(f"日均{words.zh}", f"{words.en} a day")
    for part, of in _OF_A_TOTAL.items():
        name = f"{total.metric}.{part}" if part else total.metric
        yield f"{words.in_(language)}{of.in_(language)} ({name})"


def _row(notice: DigestNotice, app: AppLine, metrics: list[str]) -> list[object]:
    totals = {total.metric: total for total in app.totals}
    cells: list[object] = [app.app_id, short(app.name, _NAME), notice.first, notice.last, app.days_known]
    cells += app.alerts, app.near_misses
    for metric in metrics:
        total = totals.get(metric, Total(metric, None))
        cells += map(_plain, (total.value, total.before, total.change_percent, total.usual))
    return cells


def _plain(value: float | None) -> int | float | None:
    """A number as short as it can be without losing a digit that counts."""
    if value is None or not isfinite(value):
        return None
    rounded = round(value, _DIGITS)
    return int(rounded) if rounded == int(rounded) else rounded

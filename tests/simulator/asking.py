"""The ways in which tests ask a simulated world, and whom they ask about."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import requests

from smartapp_watch.simulator.call import PLATFORM_METRICS

Ask = Callable[..., Any]
Send = Callable[..., requests.Response]

SHOP, NEWS, YOUNG = 101, 102, 103

_USUAL = {
    "user_trend": {"gran": "day"},
    "retained_user": {"report_type": "count", "gran": "day"},
    "terminal": {"terminal_type": "terminal_brand"},
    "visit_character": {"character_type": "depth"},
    "tp_data": {"metrics": ",".join(PLATFORM_METRICS)},
}


def parameters(report: str, first: date, last: date, given: dict[str, Any]) -> dict[str, str]:
    """The parameters of a request: usual ones where ``given`` has no others, and none that it has as None."""
    dates = {"start_date": f"{first:%Y%m%d}", "end_date": f"{last:%Y%m%d}", "start_index": "0"}
    merged = {**dates, **_USUAL.get(report, {}), **given}
    return {name: str(value) for name, value in merged.items() if value is not None}

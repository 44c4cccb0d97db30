"""Which other figures of the same row help to understand a metric that moved. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from smartapp_watch.metrics.report import Report

MOST = 3

_OF_REPORT: Mapping[str, tuple[str, ...]] = {
    "user_trend": ("session_count", "new_user_count", "user_count", "average_session_time"),
    "activity_user": ("user_count", "weekly_user_count", "monthly_user_count", "lost_user_count"),
    "retained_user": ("active_user_count",),
    "visit_attribute": (),
    "region": ("session_count_district", "average_session_time_district", "user_count_district_ratio"),
    "terminal": (
        "accumulative_session_count",
        "average_use_time",
        "accumulative_user_count_ratio",
    ),
    "visit_page": ("pv_count", "entry_count", "average_stay_time", "bounce_ratio"),
    "visit_character": ("user_count", "session_count"),
    "source": ("user_count", "new_user_count", "session_count_per_user", "average_session_time"),
    "tp_data": ("tp_day_user_count", "tp_day_session_count", "tp_day_new_user_count", "tp_day_app_count"),
}
"""The most telling first."""


def figures_beside(report: Report, metric: str) -> tuple[str, ...]:
    """The fields worth showing beside ``metric``: none that it is made of, which are shown anyway."""
    known = (metric, *(report.metric(metric).of or ()))
    return tuple(name for name in _OF_REPORT[report.name] if name not in known)[:MOST]

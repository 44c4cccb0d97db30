"""How many users an alert stands for."""

from __future__ import annotations

from dataclasses import replace

import pytest

from smartapp_watch.alerts.impact import lost_users
from smartapp_watch.rules.verdict import Figures
from tests.outbox import NOTICE


@pytest.mark.parametrize(
    ("metric", "figures", "lost"),
    [
        ("user_trend.new_user_count", Figures(60, 100, -40, -40), 40),
        ("user_trend.new_user_count", Figures(140, 100, 40, 40), -40),
        ("activity_user.lost_user_count", Figures(140, 100, 40, 40), 40),
        ("visit_page.bounce_ratio", Figures(61, 40, 21, 52.5, (("pv_count", 3800),)), 798),
        ("retained_user.retained_ratio", Figures(20, 30, -10, -33, (("active_user_count", 500),)), 50),
    ],
)
def test_it_is_what_is_missing_or_what_the_change_of_a_ratio_means(
    metric: str, figures: Figures, lost: float
) -> None:
    assert lost_users(replace(NOTICE, metric=metric, figures=figures)) == pytest.approx(lost)


@pytest.mark.parametrize(
    ("metric", "figures"),
    [
        ("user_trend.new_user_count", Figures(60)),
        ("visit_page.bounce_ratio", Figures(61, 40, 21, 52.5)),
        ("activity_user.lost_ratio", Figures(3, 1, 2, 200)),
        ("user_trend.average_session_time", Figures(60, 100, -40, -40)),
        ("", Figures()),
        ("gone_report.gone_field", Figures(60, 100, -40, -40)),
    ],
)
def test_where_nobody_can_say_nobody_says(metric: str, figures: Figures) -> None:
    assert lost_users(replace(NOTICE, metric=metric, figures=figures)) is None

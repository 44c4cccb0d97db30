"""What goes over the wire for each report."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from smartapp_watch.api.access_token import AccessToken
from smartapp_watch.api.client import Client
from smartapp_watch.api.request import requests_for
from smartapp_watch.metrics.catalog import REPORTS
from smartapp_watch.metrics.observation import Query
from tests.api.loopback import Loopback

Ask = Callable[..., Query]


def parameters(query: Query) -> list[dict[str, str]]:
    return [dict(request.at(0)) for request in requests_for(query)]


def test_a_range_of_days_is_one_request(ask: Ask) -> None:
    assert parameters(ask("user_trend", "2026-11-01", "2026-11-22")) == [
        {"start_date": "20261101", "end_date": "20261122", "gran": "day", "start_index": "0"}
    ]


def test_weeks_and_months_are_asked_for_whole(ask: Ask) -> None:
    (week,) = parameters(ask("user_trend_week", "2026-W46", "2026-W47"))
    assert (week["start_date"], week["end_date"], week["gran"]) == ("20261109", "20261122", "week")
    (month,) = parameters(ask("user_trend_month", "2026-02"))
    assert (month["start_date"], month["end_date"], month["gran"]) == ("20260201", "20260228", "month")


def test_hours_are_one_day_s(ask: Ask) -> None:
    (hours,) = parameters(ask("user_trend_hour", "2026-11-22T00", "2026-11-22T23"))
    assert (hours["start_date"], hours["end_date"], hours["gran"]) == ("20261122", "20261122", "hour")


@pytest.mark.parametrize(
    ("table", "first", "last"),
    [("user_trend_hour", "2026-11-21T00", "2026-11-22T23"), ("region", "2026-11-21", "2026-11-22")],
)
def test_a_report_of_one_day_is_never_asked_for_more(ask: Ask, table: str, first: str, last: str) -> None:
    with pytest.raises(ValueError, match="a day at a time"):
        requests_for(ask(table, first, last))


def test_active_users_take_no_granularity_and_attributes_no_page(ask: Ask) -> None:
    assert "gran" not in parameters(ask("activity_user", "2026-11-22"))[0]
    (attributes,) = parameters(ask("visit_attribute", "2026-11-22"))
    assert attributes == {"start_date": "20261122", "end_date": "20261122"}


def test_every_variant_has_its_request(ask: Ask) -> None:
    kinds = [each["terminal_type"] for each in parameters(ask("terminal", "2026-11-22"))]
    assert kinds == [f"terminal_{kind}" for kind in ("brand", "device", "os", "screen", "network")]
    habits = [each["character_type"] for each in parameters(ask("visit_character", "2026-11-22"))]
    assert habits == ["depth", "time", "interval", "frequency"]
    retained = parameters(ask("retained_user_week", "2026-W40", "2026-W41"))
    assert [(each["report_type"], each["gran"]) for each in retained] == [
        ("count", "week"),
        ("ratio", "week"),
    ]


@pytest.mark.parametrize("scene", ["", "11700000"])
def test_the_platform_s_report_names_its_metrics_and_perhaps_a_scene(ask: Ask, scene: str) -> None:
    (asked,) = parameters(ask("tp_data", "2026-11-01", "2026-11-22", scene))
    assert asked["metrics"].split(",") == [metric.name for metric in REPORTS["tp_data"].metrics]
    assert asked["max_results"] == "20"
    assert asked.get("scene", "") == scene
    assert ("scene" in asked) == bool(scene)


def test_a_post_carries_its_parameters_as_a_form_and_the_token_in_the_query(
    baidu: Loopback, client: Client, token: AccessToken, ask: Ask, secret: str
) -> None:
    client.read(ask("region", "2026-11-22"), token)
    (call,) = baidu.calls
    assert (call.method, call.path) == ("POST", "/rest/2.0/smartapp/data/getanalysisregion")
    assert call.query == {"access_token": secret}
    assert call.form == {"start_date": "20261122", "end_date": "20261122", "start_index": "0"}
    assert call.headers["Content-Type"] == "application/x-www-form-urlencoded"


def test_a_get_carries_everything_in_the_query(
    baidu: Loopback, client: Client, token: AccessToken, ask: Ask, secret: str
) -> None:
    baidu.replies({"errno": 0, "data": {"offset": 0, "total": 0, "result": []}})
    client.read(ask("tp_data", "2026-11-22", scene="11700000"), token)
    (call,) = baidu.calls
    assert (call.method, call.path, call.form) == ("GET", "/rest/2.0/smartapp/data/gettpdata", {})
    assert call.query["access_token"] == secret
    assert call.query["scene"] == "11700000"
    assert call.query["start_index"] == "0"


def test_a_token_of_any_signs_arrives_as_it_is(baidu: Loopback, client: Client, ask: Ask) -> None:
    odd = "a+b/c=&d e%41#x"
    client.read(ask("region", "2026-11-22"), AccessToken(lambda: odd))
    assert baidu.calls[0].query == {"access_token": odd}

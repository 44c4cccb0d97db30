"""What a poll goes on asking after failures, and what it does not."""

from __future__ import annotations

import pytest

from smartapp_watch.errors import ApiError, BadPayload, Refused, TokenRejected, TooFast, Unavailable
from smartapp_watch.metrics.catalog import TABLES
from smartapp_watch.metrics.observation import Query
from smartapp_watch.metrics.period import Period
from smartapp_watch.poll.patience import Patience

DAY = Period.parse("2026-11-22")


def of(app_id: int, table: str = "source") -> Query:
    return Query(TABLES[table], app_id, DAY, DAY)


def failing(error: ApiError, times: int, table: str = "source", patience: Patience | None = None) -> Patience:
    patience = patience or Patience()
    for app_id in range(times):
        patience.see_failure(of(app_id, table), error)
    return patience


@pytest.mark.parametrize(
    ("error", "same_report", "other_report"),
    [
        (TokenRejected("expired"), True, True),
        (Refused("no permission"), True, False),
        (Unavailable("busy"), False, False),
        (BadPayload("no total"), False, False),
        (TooFast("slow down"), False, False),
    ],
)
def test_what_one_failure_spares_of_its_mini_program(
    error: ApiError, same_report: bool, other_report: bool
) -> None:
    patience = failing(error, 1)
    assert patience.is_out(of(0)) is same_report
    assert patience.is_out(of(0, "user_trend")) is other_report
    assert not patience.is_out(of(1))


def test_two_bad_shapes_in_a_row_count_by_the_mini_program() -> None:
    patience = failing(BadPayload("no total"), 2)
    patience.see_answer(of(1))
    for app_id in (0, 1):
        patience.see_failure(of(app_id), BadPayload("no total"))
    assert [patience.is_out(of(app_id)) for app_id in (0, 1)] == [True, False]
    assert not patience.given_up


@pytest.mark.parametrize("error", [Unavailable("busy"), BadPayload("no total")])
def test_a_table_is_given_up_when_it_fails_20_times_without_an_answer_between(error: ApiError) -> None:
    patience = failing(error, 19)
    patience.see_answer(of(100))
    failing(error, 19, patience=patience)
    assert not patience.is_out(of(200))
    patience.see_failure(of(300), error)
    assert patience.is_out(of(200))
    assert str(error) in patience.given_up["source"]
    assert not patience.is_out(of(200, "user_trend"))


def test_one_silent_table_is_not_the_end_two_are() -> None:
    patience = Patience()
    patience.see_answer(of(1, "user_trend"))
    failing(Unavailable("busy"), 20, "source", patience)
    failing(Unavailable("busy"), 19, "visit_page", patience)
    assert not patience.is_at_its_end()
    failing(Unavailable("busy"), 1, "visit_page", patience)
    assert patience.is_at_its_end()


def test_where_nothing_was_answered_at_all_the_end_comes_sooner() -> None:
    patience = failing(Unavailable("busy"), 20, "source")
    failing(Unavailable("busy"), 4, "visit_page", patience)
    assert not patience.is_at_its_end()
    failing(Unavailable("busy"), 1, "visit_page", patience)
    assert patience.is_at_its_end()

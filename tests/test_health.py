"""What ails the service, by plain figures: from when on, what follows from what, and what is no ailment."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, time, timedelta

import pytest

from smartapp_watch.alerts.notification import Topic
from smartapp_watch.health import (
    Ailment,
    Arrivals,
    Disk,
    Polled,
    Record,
    Spell,
    TokenExpiry,
    Vitals,
    ailments,
    bytes_words,
    newest_awaited,
)
from smartapp_watch.metrics.period import BEIJING, Period

NOON = datetime(2026, 11, 23, 12, tzinfo=BEIJING)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
NAMES: dict[int | None, str] = {number: f"app {number}" for number in range(1, 11)}
WELL = Vitals(Record(), NAMES)


def fails(at: datetime) -> Polled:
    return Polled(at, planned=9, error="time-out")


def refuses(at: datetime, apps: Iterable[int], answers: Iterable[int] = ()) -> Polled:
    refusals: dict[int | None, str] = dict.fromkeys(apps, "token expired")
    return Polled(at, 9, frozenset(answers), refusals, "token expired")


def after(*polls: Polled) -> Record:
    record = Record()
    for poll in polls:
        record = record.after_poll(poll)
    return record


def found(record: Record, now: datetime = NOON, **changes: object) -> dict[Topic, Ailment]:
    vitals = replace(WELL, record=record, **changes)  # type: ignore[arg-type]
    return {each.topic: each for each in ailments(vitals, now)}


def test_polls_that_nothing_answers_are_an_ailment_after_a_day_and_not_before() -> None:
    record = after(*(fails(NOON + number * HOUR) for number in range(25)))
    assert found(record, NOON + DAY - HOUR) == {}
    (ailment,) = found(record, NOON + DAY).values()
    assert (ailment.topic, ailment.since, ailment.error) == (Topic.POLLING_FAILS, NOON, "time-out")
    assert ailment.is_critical
    assert found(record.after_poll(Polled(NOON + DAY, 9, frozenset({1}))), NOON + DAY) == {}


def test_a_host_that_was_off_has_not_failed_meanwhile() -> None:
    assert found(after(fails(NOON)), NOON + 2 * DAY) == {}
    later = after(Polled(NOON, 9, frozenset({1})), fails(NOON + 2 * DAY), fails(NOON + 2 * DAY + HOUR))
    assert found(later, NOON + 2 * DAY + HOUR) == {}


def test_a_poll_that_has_nothing_to_ask_works_and_says_nothing_of_tokens() -> None:
    lost = after(refuses(NOON, [1], [2]), refuses(NOON + HOUR, [1], [2]), Polled(NOON + 2 * HOUR))
    assert found(lost)[Topic.AUTHORISATION_LOST].apps == ("app 1",)
    assert lost.polling is None


def test_an_authorisation_is_lost_when_two_polls_in_a_row_refuse_everything() -> None:
    once = after(refuses(NOON, [1], [2]))
    assert found(once) == {}
    lost = found(once.after_poll(refuses(NOON + HOUR, [1], [2])))[Topic.AUTHORISATION_LOST]
    assert (lost.since, lost.apps, lost.count, lost.of) == (NOON, ("app 1",), 1, 10)
    assert found(once.after_poll(refuses(NOON + HOUR, [1], [1, 2]))) == {}
    again = once.after_poll(refuses(NOON + HOUR, [], [1])).after_poll(refuses(NOON + 2 * HOUR, [1], [2]))
    assert found(again) == {}


def test_ten_lost_authorisations_are_one_ailment_that_names_a_few() -> None:
    record = after(*(refuses(NOON + number * HOUR, range(1, 11)) for number in range(30)))
    everything = found(record, NOON + 2 * DAY)
    lost = everything[Topic.AUTHORISATION_LOST]
    assert (lost.apps, lost.count) == (("app 1", "app 2", "app 3"), 10)
    assert everything[Topic.POLLING_FAILS].cause is Topic.AUTHORISATION_LOST


def test_a_mini_program_that_is_gone_from_the_settings_is_not_lost() -> None:
    record = after(refuses(NOON, [99], [1]), refuses(NOON + HOUR, [99], [1]))
    assert found(record) == {}


def test_what_one_lost_mini_program_does_not_explain_is_told_beside_it() -> None:
    late = Arrivals(NOON, 1, 10)
    record = replace(after(refuses(NOON, [1], [2]), refuses(NOON + HOUR, [1], [2])), arrivals=late)
    assert found(record)[Topic.DATA_LATE].cause is None


@pytest.mark.parametrize(
    ("arrived", "usual", "late"), [(5, 10, True), (6, 10, False), (0, 4, False), (2, 5, True)]
)
def test_the_source_is_late_when_half_of_five_or_more_have_nothing(
    arrived: int, usual: int, *, late: bool
) -> None:
    assert Arrivals(NOON, arrived, usual).are_late is late


def test_what_a_poll_was_cut_off_before_is_not_late() -> None:
    cut = Polled(NOON, 9, frozenset({1}), whole=False, arrivals=Arrivals(NOON, 0, 10))
    assert found(after(cut)) == {}
    assert Topic.DATA_LATE in found(after(replace(cut, whole=True)))


def test_a_platform_that_is_shut_out_is_the_cause_of_all_that_is_missing() -> None:
    polls = (replace(fails(NOON + number * HOUR), shut_out="ip not in whitelist") for number in range(30))
    record = replace(after(*polls), arrivals=Arrivals(NOON, 0, 10))
    everything = found(record, NOON + 2 * DAY)
    assert {topic: each.cause for topic, each in everything.items()} == {
        Topic.SHUT_OUT: None,
        Topic.POLLING_FAILS: Topic.SHUT_OUT,
        Topic.DATA_LATE: Topic.SHUT_OUT,
    }


def test_cycles_that_end_by_an_error_for_a_day_are_an_ailment() -> None:
    record = Record().after_error(NOON, "database is locked").after_error(NOON + HOUR, "disk I/O error")
    assert found(record, NOON + DAY - HOUR) == {}
    assert found(record, NOON + DAY)[Topic.CYCLES_FAIL].error == "disk I/O error"


@pytest.mark.parametrize(
    ("free", "total", "growth", "fills"),
    [
        (499e6, 1e12, None, True),
        (501e6, 1e12, None, False),
        (300e6, 4e9, None, False),
        (199e6, 4e9, None, True),
        (2e9, 1e12, 150e6, True),
        (2e9, 1e12, 140e6, False),
    ],
)
def test_the_disk_fills_by_what_is_free_or_by_what_two_weeks_need(
    free: float, total: float, growth: float | None, *, fills: bool
) -> None:
    assert (Topic.DISK_FILLS in found(Record(), disk=Disk(int(free), int(total), growth))) is fills


def test_tokens_are_told_of_a_week_before_the_first_runs_out() -> None:
    tokens = [TokenExpiry("b", NOON + 8 * DAY), TokenExpiry("a", NOON + 7 * DAY)]
    assert found(Record(), NOON - HOUR, tokens=tokens) == {}
    one = found(Record(), tokens=tokens)[Topic.TOKENS_EXPIRE]
    assert (one.apps, one.since, one.count) == (("a",), NOON + 7 * DAY, 1)
    assert found(Record(), NOON + DAY, tokens=tokens)[Topic.TOKENS_EXPIRE].apps == ("a", "b")


def test_settings_that_were_refused_are_an_ailment_that_is_not_critical() -> None:
    refused = found(Record(), settings=Spell(NOON, error="watch.toml:3: unknown key"))[Topic.SETTINGS_REFUSED]
    assert (refused.error, refused.is_critical) == ("watch.toml:3: unknown key", False)


@pytest.mark.parametrize(("hour", "day"), [(13, "2026-11-21"), (14, "2026-11-22"), (0, "2026-11-21")])
def test_figures_are_awaited_from_their_hour_on(hour: int, day: str) -> None:
    awaited, due = newest_awaited(NOON.replace(hour=hour), time(14), BEIJING)
    assert awaited == Period.parse(day)
    assert due == datetime.combine(awaited.shift(1).first, time(14), BEIJING)


def test_sizes_are_written_with_a_unit() -> None:
    assert [bytes_words(each) for each in (0, 312e6, 4.26e9)] == ["0 MB", "312 MB", "4.3 GB"]

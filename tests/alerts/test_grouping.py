"""Which alerts are told together."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from smartapp_watch.alerts.grouping import MOST_ALONE, Due, Parcel, as_shown, compose, parcels
from smartapp_watch.alerts.notification import GroupNotice, Layout
from tests.outbox import notice, words


@st.composite
def dues(draw: st.DrawFn) -> list[Due]:
    """Rows in order; those of an alert agree on its mini-program and on who told of it first."""
    alerts = draw(
        st.lists(st.tuples(st.integers(1, 3), st.sampled_from([None, None, 100, 101])), max_size=12)
    )
    if not alerts:
        return []
    rows = draw(
        st.lists(st.tuples(st.integers(0, len(alerts) - 1), st.booleans(), st.booleans()), max_size=30)
    )
    return [
        Due(number, alert, alerts[alert][0], alerts[alert][1], only_shown, waited)
        for number, (alert, only_shown, waited) in enumerate(rows, start=1000)
    ]


@given(dues(), st.booleans())
def test_every_row_goes_out_in_exactly_one_parcel_and_in_order(due: list[Due], updates: bool) -> None:
    found = parcels(due, updates=updates)
    assert sorted(row for parcel in found for row in parcel.rows) == [row.id for row in due]
    assert all(list(parcel.rows) == sorted(parcel.rows) for parcel in found)
    assert found == sorted(found, key=lambda parcel: parcel.rows[0])


@given(dues(), st.booleans())
def test_no_alert_is_in_two_parcels(due: list[Due], updates: bool) -> None:
    alerts = {row.id: row.alert for row in due}
    told = [alert for each in parcels(due, updates=updates) for alert in {alerts[row] for row in each.rows}]
    assert len(told) == len(set(told))


@given(dues())
def test_what_follows_on_different_messages_is_never_put_together_where_they_can_be_changed(
    due: list[Due],
) -> None:
    rows = {row.id: row for row in due}
    for parcel in parcels(due, updates=True):
        threads = {rows[row].thread for row in parcel.rows}
        assert len(threads) == 1 or parcel.layout is Layout.QUIET


@given(dues(), st.booleans())
def test_a_parcel_of_several_alerts_has_a_layout_and_no_other_has(due: list[Due], updates: bool) -> None:
    alerts = {row.id: row.alert for row in due}
    for parcel in parcels(due, updates=updates):
        assert (parcel.layout is not None) == (len({alerts[row] for row in parcel.rows}) > 1)


def openings(*apps: int) -> list[Due]:
    return [Due(number, number, app) for number, app in enumerate(apps)]


def test_alerts_of_one_app_share_a_message() -> None:
    assert parcels(openings(1, 2, 1), updates=False) == [Parcel((0, 2), Layout.APP), Parcel((1,))]


def test_more_than_five_openings_are_one_message_by_rule_even_of_one_app() -> None:
    assert len(parcels(openings(*range(MOST_ALONE)), updates=True)) == MOST_ALONE
    (one,) = parcels(openings(*range(MOST_ALONE + 1)), updates=True)
    assert one == Parcel(tuple(range(MOST_ALONE + 1)), Layout.RULES)
    (one,) = parcels(openings(*[7] * (MOST_ALONE + 1)), updates=True)
    assert one.layout is Layout.RULES


def follow_ups(count: int, *, only_shown: bool = False) -> list[Due]:
    return [
        Due(number, number, number, thread=100 + number, only_shown=only_shown) for number in range(count)
    ]


def test_more_than_five_follow_ups_are_one_message_where_each_would_be_one_more() -> None:
    assert len(parcels(follow_ups(MOST_ALONE), updates=False)) == MOST_ALONE
    assert len(parcels(follow_ups(MOST_ALONE + 1), updates=False)) == 1
    assert len(parcels(follow_ups(MOST_ALONE + 1), updates=True)) == MOST_ALONE + 1


def test_what_is_only_shown_does_not_count_as_one_more() -> None:
    assert len(parcels(follow_ups(MOST_ALONE + 1, only_shown=True), updates=False)) == MOST_ALONE + 1


def test_what_waited_is_one_message_with_what_came_since_of_its_alerts() -> None:
    due = [Due(1, 1, 1, waited=True), Due(2, 2, 2, waited=True), Due(3, 1, 1), Due(4, 3, 3)]
    assert parcels(due, updates=True) == [Parcel((1, 2, 3), Layout.QUIET), Parcel((4,))]


def test_one_alert_that_waited_alone_is_told_as_ever() -> None:
    due = [Due(1, 1, 1, waited=True), Due(2, 1, 1, waited=True)]
    assert parcels(due, updates=True) == [Parcel((1, 2))]


def test_of_each_alert_the_newest_is_said() -> None:
    said = compose([notice(1), notice(2), notice(1, "resolve")], Layout.QUIET)
    assert words(said) == ["fire 2", "resolve 1"]


def test_worst_first_and_what_is_over_last() -> None:
    said = compose(
        [
            notice(1, "resolve", severity="critical", lost=900),
            notice(2, lost=20),
            notice(3, lost=70),
            notice(4, severity="critical", lost=1),
        ],
        Layout.APP,
    )
    assert words(said) == ["fire 4", "fire 3", "fire 2", "resolve 1"]


def test_by_rule_the_rule_that_costs_most_users_comes_first() -> None:
    notices = [
        notice(1, rule="a", lost=60),
        notice(2, rule="b", lost=40),
        notice(3, rule="b", lost=50),
        notice(4, rule="c", lost=-5),
    ]
    assert words(compose(notices, Layout.RULES)) == ["fire 3", "fire 2", "fire 1", "fire 4"]


def test_an_acknowledgement_is_said_with_what_is_told_and_tells_nothing_by_itself() -> None:
    ack = notice(1, acked="zhang", only_shown=True)
    told = compose([notice(1), ack], None)
    assert not isinstance(told, GroupNotice)
    assert (told.acked, told.only_shown) == ("zhang", False)
    assert compose([ack], None) == ack


def test_beside_news_what_is_only_shown_is_left_out() -> None:
    assert words(compose([notice(1, "worse"), notice(2, only_shown=True)], Layout.APP)) == ["worse 1"]


def test_what_a_message_shows_by_now_is_news_to_nobody_and_not_marked_as_shown_only() -> None:
    shown = as_shown([notice(1, only_shown=True), notice(2)], Layout.APP)
    assert isinstance(shown, GroupNotice)
    assert [each.only_shown for each in shown.alerts] == [False, False]

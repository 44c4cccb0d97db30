"""Tokens are renewed in time, once however many ask, and a lost answer locks nobody out."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from smartapp_watch.api.access_token import AccessToken, Token
from smartapp_watch.api.client import Client
from smartapp_watch.api.platform_token import Gate, TicketToken
from smartapp_watch.api.renewal import RenewedToken
from smartapp_watch.credentials.journal import Credentials
from smartapp_watch.errors import ConfigError, NoRenewal, Problem, Stopped, TokenRejected
from smartapp_watch.simulator.accounts import CLIENT_ID, Accounts
from smartapp_watch.simulator.loopback import Reply, Request
from smartapp_watch.simulator.server import Simulator
from smartapp_watch.simulator.world import World
from tests.credentials.test_journal import disk_full_at

REFRESH, CODE = "app_to_tp_refresh_token", "app_to_tp_authorization_code"
RETRIEVE = "/rest/2.0/smartapp/auth/retrieve/authorizationcode"
TICKET = "/public/2.0/smartapp/auth/tp/token"


class Clock:
    """A clock that tests move."""

    def __init__(self) -> None:
        self.now = datetime(2026, 11, 23, 4, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def move(self, **by: float) -> None:
        self.now += timedelta(**by)


class Side:
    """Both sides: Baidu's accounts, and what the program makes of them."""

    def __init__(self, folder: Path, url: str, accounts: Accounts) -> None:
        self.clock = Clock()
        self.stop = threading.Event()
        self.accounts = accounts
        self.credentials = Credentials(folder / "credentials.json")
        self.client = Client(url, requests_per_second=1000, timeout=2, stop=self.stop)
        self.seed = accounts.refresh_token(7)
        self.platform: Token = AccessToken(accounts.platform_token)

    def token(self, app_id: int = 7, seed: Callable[[], str] | None = None) -> RenewedToken:
        """The token of an app as a new process has it."""
        return RenewedToken(
            app_id,
            seed or (lambda: self.seed) if app_id == 7 else None,
            credentials=self.credentials,
            oauth=self.client.oauth,
            gate=Gate(self.platform),
            now=self.clock,
            backoff=0.01,
        )

    def ticket_token(self, reveal: Callable[[], str] | None) -> TicketToken:
        return TicketToken(
            CLIENT_ID,
            reveal,
            credentials=self.credentials,
            oauth=self.client.oauth,
            now=self.clock,
            backoff=0.01,
        )

    def calls(self) -> dict[str, int]:
        """How often each call about tokens was made since the last look."""
        made = dict(self.accounts.calls)
        self.accounts.calls.clear()
        return made


@pytest.fixture
def side(tmp_path: Path) -> Iterator[Side]:
    accounts = Accounts({7: "预约挂号", 8: "城市公交"})
    with Simulator(World(1, ()), lambda: datetime.now(UTC), accounts=accounts) as simulator:
        side = Side(tmp_path, simulator.url, accounts)
        yield side
        side.client.close()


def lose(side: Side, monkeypatch: pytest.MonkeyPatch, *numbers: int) -> None:
    """Let the answers to these calls about tokens get lost; the first is number 1."""
    reply, count = side.accounts.reply, iter(range(1, 1000))

    def forgetful(request: Request) -> Reply | None:
        answer = reply(request)
        return Reply(b"", 502, "text/html") if next(count) in numbers else answer

    monkeypatch.setattr(side.accounts, "reply", forgetful)


def test_a_token_is_had_once_and_again_only_before_it_expires(side: Side) -> None:
    token = side.token()
    first = token.value()
    assert token.value() == first
    side.clock.move(minutes=54)
    assert token.value() == first
    side.clock.move(minutes=2)
    assert token.value() != first
    assert side.calls() == {REFRESH: 2}


def test_a_token_survives_a_restart(side: Side) -> None:
    first = side.token().value()
    assert side.token().value() == first
    assert side.calls() == {REFRESH: 1}


def test_however_many_threads_ask_one_renews(side: Side) -> None:
    token = side.token()
    with ThreadPoolExecutor(16) as threads:
        assert len(set(threads.map(lambda _: token.value(), range(64)))) == 1
        first = token.value()
        side.clock.move(minutes=1)
        assert all(threads.map(lambda _: token.renew(first), range(64)))
    assert side.calls() == {REFRESH: 2}


def test_however_many_processes_ask_one_renews(side: Side) -> None:
    tokens = [side.token() for _ in range(8)]  # none knows of another but by the file
    with ThreadPoolExecutor(8) as threads:
        assert len(set(threads.map(lambda token: token.value(), tokens))) == 1
    assert side.calls() == {REFRESH: 1}


def test_a_token_refused_as_soon_as_it_is_issued_is_not_renewed(side: Side) -> None:
    token = side.token()
    assert not token.renew(token.value())
    assert side.calls() == {REFRESH: 1}
    side.clock.move(seconds=11)
    assert token.renew(token.value())
    assert side.calls() == {REFRESH: 1}


def test_a_lost_answer_is_healed_by_an_authorisation_code(
    side: Side, monkeypatch: pytest.MonkeyPatch
) -> None:
    lose(side, monkeypatch, 1)
    side.token().value()
    assert side.calls() == {REFRESH: 1, RETRIEVE: 1, CODE: 1}
    assert side.accounts.presented == {side.seed: 1}


def test_every_lost_answer_on_the_way_is_healed(side: Side, monkeypatch: pytest.MonkeyPatch) -> None:
    lose(side, monkeypatch, 1, 2, 4)
    side.token().value()
    assert side.calls() == {REFRESH: 1, RETRIEVE: 3, CODE: 2}


def test_who_finds_the_mark_of_a_killed_process_does_not_use_the_token_again(side: Side) -> None:
    record = replace(side.credentials.app(7), refresh_token=side.seed)
    side.token().value()
    marked = replace(side.credentials.app(7), in_use=True, lease=record.lease)
    side.credentials.save(marked)
    side.calls()
    side.token().value()
    assert side.calls() == {RETRIEVE: 1, CODE: 1}
    assert marked.refresh_token not in side.accounts.presented


def test_the_next_refresh_token_is_on_disk_before_the_access_token_is_used(side: Side) -> None:
    access = side.token().value()
    kept = Credentials(side.credentials.path).app(7)
    assert (kept.lease.token, kept.in_use) == (access, False)
    assert kept.refresh_token not in {"", side.seed}


def test_a_refresh_token_that_is_no_good_is_replaced_without_help(side: Side) -> None:
    side.seed = "46.somebody.used.this.one"
    side.token().value()
    assert side.calls() == {REFRESH: 1, RETRIEVE: 1, CODE: 1}


def test_an_app_without_any_token_is_let_in_by_the_platform(side: Side) -> None:
    side.token(8).value()
    side.clock.move(hours=1)
    side.token(8).value()
    assert side.calls() == {RETRIEVE: 1, CODE: 1, REFRESH: 1}


def test_a_changed_refresh_token_in_the_settings_replaces_what_is_kept(side: Side) -> None:
    first = side.token().value()
    side.seed = side.accounts.refresh_token(7)
    second = side.token().value()
    assert second != first
    assert side.token().value() == second
    assert side.accounts.presented[side.seed] == 1


def test_settings_that_lost_their_refresh_token_do_no_harm(side: Side) -> None:
    def missing() -> str:
        raise ConfigError((Problem("the environment variable REFRESH", 0, "it is not set"),))

    first = side.token().value()
    assert side.token(seed=missing).value() == first


def test_a_revoked_app_costs_one_call_a_day_and_comes_back_by_itself(side: Side) -> None:
    token = side.token()
    token.value()
    side.accounts.revoke(7)
    side.clock.move(hours=2)
    side.calls()
    for _ in range(48):
        for each in (token, side.token()):
            with pytest.raises(TokenRejected, match=r"no token is granted: .* 50032"):
                each.value()
        side.clock.move(minutes=30)
    assert side.calls() == {REFRESH: 1, RETRIEVE: 1}
    with pytest.raises(TokenRejected):
        token.value()
    assert side.calls() == {RETRIEVE: 1}
    side.accounts.authorise(7)
    side.clock.move(hours=25)
    assert token.value()


def test_an_app_that_took_its_authorisation_back_costs_one_call_a_day_from_then_on(side: Side) -> None:
    token = side.token()
    token.value()
    side.accounts.revoke(7)
    side.credentials.retire(7, side.clock())
    side.calls()
    for _ in range(3):
        with pytest.raises(TokenRejected, match="took its authorisation back"):
            token.value()
        side.clock.move(hours=7)
    assert side.calls() == {}
    side.clock.move(hours=4)
    for _ in range(3):
        with pytest.raises(TokenRejected, match="50032"):
            token.value()
    assert side.calls() == {RETRIEVE: 1}
    side.accounts.authorise(7)
    side.credentials.adopt(7, side.clock(), enrol=False)
    assert token.value()


def test_while_renewal_fails_the_token_before_is_used_until_it_expires(
    side: Side, monkeypatch: pytest.MonkeyPatch
) -> None:
    token = side.token()
    first = token.value()
    lose(side, monkeypatch, *range(1, 100))
    side.clock.move(minutes=57)
    side.calls()
    assert [token.value() for _ in range(20)] == [first] * 20
    assert sum(side.calls().values()) <= 5
    side.clock.move(minutes=3)
    with pytest.raises(Exception, match="502"):
        token.value()


def test_a_broken_platform_is_one_failure_and_no_storm(side: Side) -> None:
    side.accounts.break_platform()
    side.platform = AccessToken(lambda: "42.broken")
    gate, names = Gate(side.platform), range(1000)
    for app_id in names:
        token = RenewedToken(
            app_id + 10,
            None,
            credentials=side.credentials,
            oauth=side.client.oauth,
            gate=gate,
            now=side.clock,
        )
        with pytest.raises(NoRenewal, match=r"the platform's own token is refused: .* 110"):
            token.value()
    assert side.calls() == {RETRIEVE: 1}


def test_a_platform_token_that_was_changed_meanwhile_costs_no_refresh_token(side: Side) -> None:
    sources = iter(["42.old", side.accounts.platform_token()])
    side.platform = AccessToken(lambda: next(sources))
    side.token().value()
    assert side.calls() == {REFRESH: 2}
    assert side.accounts.presented == {side.seed: 1}


def test_a_refusal_of_the_platform_leaves_the_refresh_token_unused(side: Side) -> None:
    side.platform = AccessToken(lambda: "42.broken")
    with pytest.raises(NoRenewal):
        side.token().value()
    assert not side.credentials.app(7).in_use
    side.platform = AccessToken(side.accounts.platform_token)
    side.token().value()
    assert side.calls() == {REFRESH: 2}


def test_on_a_full_disk_no_refresh_token_is_used(side: Side) -> None:
    with disk_full_at(10), pytest.raises(NoRenewal, match="cannot be written: File too large"):
        side.token().value()
    assert side.calls() == {}
    assert side.token().value()


def test_a_stop_ends_the_wait_for_another_process(side: Side) -> None:
    with side.credentials.alone(7), ThreadPoolExecutor(1) as threads:
        waiting = threads.submit(side.token().value)
        side.stop.set()
        with pytest.raises(Stopped):
            waiting.result(timeout=5)


def test_the_platforms_token_is_obtained_with_the_ticket_and_kept(side: Side) -> None:
    token = side.ticket_token(lambda: side.accounts.ticket)
    first = token.value()
    assert side.ticket_token(lambda: side.accounts.ticket).value() == first
    side.clock.move(days=26)
    assert token.value() == first
    side.clock.move(days=2)
    assert token.value() != first
    assert side.calls() == {TICKET: 2}


def test_a_lost_answer_to_the_ticket_shuts_nobody_out(side: Side, monkeypatch: pytest.MonkeyPatch) -> None:
    lose(side, monkeypatch, 1, 2)
    assert side.ticket_token(lambda: side.accounts.ticket).value()
    assert side.calls() == {TICKET: 3}


def test_a_received_ticket_serves_as_well(side: Side) -> None:
    token = side.ticket_token(None)
    with pytest.raises(TokenRejected, match="wants a ticket: none has come yet"):
        token.value()
    side.credentials.note_ticket(side.accounts.ticket, side.clock())
    assert side.ticket_token(None).value()


def test_an_expired_ticket_is_said_with_its_age_and_asked_once_a_minute(side: Side) -> None:
    side.credentials.note_ticket("old", side.clock())
    side.clock.move(hours=1)
    token = side.ticket_token(None)
    for _ in range(100):
        with pytest.raises(Exception, match="the last of which came at 2026-11-23 04:00 UTC"):
            token.value()
    assert side.calls() == {TICKET: 1}


def test_a_ticket_that_does_not_work_harms_nothing_while_the_token_lives(side: Side) -> None:
    first = side.ticket_token(lambda: side.accounts.ticket).value()
    side.clock.move(days=29)
    assert side.ticket_token(lambda: "stale").value() == first
    side.clock.move(days=2)
    with pytest.raises(Exception, match="ticket"):
        side.ticket_token(lambda: "stale").value()


def test_a_platform_token_that_is_refused_is_obtained_once_for_all_apps(side: Side) -> None:
    side.platform = side.ticket_token(lambda: side.accounts.ticket)
    side.platform.value()
    ticket = side.accounts.ticket
    side.accounts.break_platform()
    side.accounts.ticket = ticket
    side.calls()
    side.token().value()
    side.token(8).value()
    assert side.calls() == {REFRESH: 2, TICKET: 1, RETRIEVE: 1, CODE: 1}


def test_no_token_is_in_a_log_or_an_error(side: Side, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    side.platform = side.ticket_token(lambda: side.accounts.ticket)
    side.token().value()
    side.seed = "46.no.good.9f8e7d6c5b4a"
    side.token().value()
    side.accounts.revoke(7)
    side.clock.move(hours=2)
    with pytest.raises(TokenRejected) as caught:
        side.token().value()
    kept = side.credentials.app(7), side.credentials.platform()
    secrets = {*side.accounts.presented, side.accounts.ticket, kept[1].lease.token, kept[0].lease.token} - {
        ""
    }
    assert len(secrets) >= 4
    assert any("oauth/token" in line for line in caplog.messages)
    shown = caplog.text + repr(caught.value) + repr(kept)
    assert [secret for secret in secrets if secret in shown] == []

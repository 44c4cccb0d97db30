"""Signing in and out: what a token opens, for how long, and how often one may guess."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from smartapp_watch.config.settings import WatchConfig
from smartapp_watch.errors import ConfigError
from smartapp_watch.web.attempts import Attempts
from smartapp_watch.web.sessions import Sessions, new_id
from tests.web.visitors import ANOTHER, PEOPLE, PUBLIC, TOKEN, Port, Visitor, behind, open_port, person

ALERT = "/alerts/1"
ACK = f"{ALERT}/ack"


@pytest.fixture
def port(config: WatchConfig) -> Iterator[Port]:
    with open_port(config, people=PEOPLE) as opened:
        yield opened


@pytest.fixture
def visitor(port: Port) -> Visitor:
    return port.visitor()


def is_in(visitor: Visitor) -> bool:
    return visitor.get(ALERT).status_code == 200


@pytest.mark.parametrize(("token", "name"), [(TOKEN, "zhang.wei"), (ANOTHER, "李娜")])
def test_whoever_has_a_token_signs_in_and_answers_under_their_name(
    port: Port, visitor: Visitor, token: str, name: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    answer = visitor.sign_in(f" {token}\n", ALERT)
    assert (answer.status_code, answer.headers["location"]) == (303, ALERT)
    assert name in visitor.get(ALERT).text
    assert visitor.post(ACK, {"form_token": visitor.token(ALERT)}).headers["location"] == ALERT
    assert port.answered == [(1, name, "", "web, 127.0.0.1")]
    assert f"{name} signed in to the pages from 127.0.0.1" in caplog.messages
    assert f"{name} acknowledged alert 1 (web, 127.0.0.1)" in caplog.messages
    assert token not in caplog.text


@pytest.mark.parametrize("token", ["", "x", TOKEN[:-1], f"{TOKEN}0", "zhang.wei", "\N{SNOWMAN}"])
def test_no_other_token_does(visitor: Visitor, token: str) -> None:
    answer = visitor.sign_in(token)
    assert answer.status_code == 403
    assert "没有人使用这个令牌" in answer.text
    assert not token or f'"{token}"' not in answer.text
    assert not is_in(visitor)


def test_a_browser_is_known_by_something_new_once_it_is_signed_in(port: Port, visitor: Visitor) -> None:
    """Session fixation: whoever put a cookie into the browser before knows nothing then."""
    token = visitor.token("/sign-in")
    planted = dict(visitor.cookies)
    visitor.post("/sign-in", {"token": TOKEN, "form_token": token})
    assert is_in(visitor)
    attacker = port.visitor()
    attacker.cookies = planted
    assert not is_in(attacker)


def test_a_cookie_that_was_never_given_out_opens_nothing(port: Port, visitor: Visitor) -> None:
    visitor.sign_in(TOKEN)
    ((name, _),) = visitor.cookies.items()
    for value in (new_id(), "", "zhang.wei", "A" * 43):
        visitor.cookies = {name: value}
        assert not is_in(visitor)


def test_who_signed_out_is_out_even_with_the_cookie_of_before(visitor: Visitor) -> None:
    visitor.sign_in(TOKEN)
    kept = dict(visitor.cookies)
    token = visitor.token(ALERT)
    answer = visitor.post("/sign-out", {"form_token": token})
    assert answer.status_code == 303
    assert "Max-Age=0" in answer.headers["set-cookie"]
    visitor.cookies = kept
    assert not is_in(visitor)
    assert visitor.post(ACK, {"form_token": token}).headers["location"].startswith("/sign-in")


def test_a_session_ends_by_itself(port: Port, visitor: Visitor) -> None:
    answer = visitor.sign_in(TOKEN)
    assert f"Max-Age={7 * 86400}" in answer.headers["set-cookie"]
    token = visitor.token(ALERT)
    port.passed[0] += 7 * 86400 - 1
    assert is_in(visitor)
    port.passed[0] += 1
    answer = visitor.post(ACK, {"form_token": token})
    assert answer.headers["location"] == "/sign-in?next=%2Falerts%2F1"
    assert not is_in(visitor)
    assert port.answered == []


def test_a_form_of_before_signing_in_is_of_no_use_after_it(port: Port, visitor: Visitor) -> None:
    before = visitor.token("/sign-in")
    visitor.sign_in(TOKEN)
    assert visitor.post(ACK, {"form_token": before}).status_code == 403
    assert port.answered == []


def test_another_site_signs_nobody_in(visitor: Visitor) -> None:
    fields = {"token": TOKEN, "form_token": visitor.token("/sign-in")}
    assert visitor.post("/sign-in", fields, origin="https://evil.example").status_code == 403
    assert visitor.post("/sign-in", {"token": TOKEN}).status_code == 403
    assert not is_in(visitor)


ELSEWHERE = [
    *("https://evil.example/", "//evil.example", "/\\evil.example", "\\\\evil.example", "evil.example"),
    *("/\t/evil.example", "/%0d%0aLocation:x\r\n", "javascript:alert(1)", "/é", f"/{'a' * 2000}", ""),
]


@pytest.mark.parametrize("back", ELSEWHERE)
def test_signing_in_leads_nowhere_else(visitor: Visitor, back: str) -> None:
    assert visitor.sign_in(TOKEN, back).headers["location"] == "/"
    answer = visitor.get(f"/sign-in?next={back.translate(str.maketrans('', '', chr(13) + chr(10)))}")
    assert answer.headers["location"] == "/"


def test_signing_in_leads_back_to_what_was_asked_for(visitor: Visitor) -> None:
    path = "/digests/%E5%91%A8%E6%8A%A5/2026-W47?lang=en&x=1"
    answer = visitor.get(path)
    assert answer.status_code == 303
    page = visitor.get(answer.headers["location"]).text
    assert f'name="next" value="{path.replace("&", "&amp;")}"' in page
    assert visitor.sign_in(TOKEN, path).headers["location"] == path


def test_guessing_ends_after_ten_tokens_from_one_address_and_goes_on_after_a_while(
    port: Port, visitor: Visitor, caplog: pytest.LogCaptureFixture
) -> None:
    for _ in range(10):
        assert visitor.sign_in("guessed").status_code == 403
    answer = visitor.sign_in(TOKEN)
    assert answer.status_code == 429
    assert answer.headers["retry-after"] == "60"
    assert "请 1 分钟后再试" in answer.text
    assert not is_in(visitor)
    port.passed[0] += 60
    assert visitor.sign_in(TOKEN).status_code == 303
    assert "guessed" not in caplog.text


def test_who_is_in_stays_in_while_others_guess(port: Port, visitor: Visitor) -> None:
    visitor.sign_in(TOKEN)
    stranger = port.visitor()
    for _ in range(11):
        stranger.sign_in("guessed")
    assert is_in(visitor)


def test_guesses_from_everywhere_are_counted_together_and_take_no_more_room() -> None:
    passed = [0.0]
    attempts = Attempts(lambda: passed[0])
    for number in range(5000):
        attempts.failed(f"10.0.{number // 256}.{number % 256}")
    assert len(attempts._each) == 4096
    assert attempts.wait("192.0.2.1") > 0
    passed[0] += 24 * 3600
    assert attempts.wait("192.0.2.1") == 0


def test_all_addresses_of_one_line_of_version_6_count_as_one() -> None:
    attempts = Attempts(lambda: 0.0)
    for number in range(10):
        attempts.failed(f"2001:db8:1:2::{number:x}")
    assert attempts.wait("2001:db8:1:2:ffff::1") > 0
    assert attempts.wait("2001:db8:1:3::1") == 0


def test_of_one_person_the_oldest_session_ends_where_there_are_too_many() -> None:
    sessions = Sessions(lambda: 0.0)
    first, *others = (sessions.begin("zhang.wei", b"", 60) for _ in range(21))
    assert sessions.person(first, {"zhang.wei": b""}) is None
    assert {sessions.person(each, {"zhang.wei": b""}) for each in others} == {"zhang.wei"}
    assert len(sessions._open) == 20


def test_a_reload_signs_out_who_has_another_token_or_is_gone_and_nobody_else(port: Port) -> None:
    zhang, li = port.visitor(), port.visitor()
    zhang.sign_in(TOKEN)
    li.sign_in(ANOTHER)
    port.web.take(port.settings)
    assert is_in(zhang)
    assert is_in(li)
    port.web.take(replace(port.settings, people=(person("zhang.wei", "a-new-token-of-hers"), PEOPLE[1])))
    assert not is_in(zhang)
    assert is_in(li)
    port.web.take(replace(port.settings, people=PEOPLE[:1]))
    assert not is_in(li)


def test_settings_that_cannot_be_leave_all_as_it_was(port: Port, visitor: Visitor) -> None:
    visitor.sign_in(TOKEN)
    for token, said in (("short", "shorter than 16 characters"), (TOKEN, 'it is the token of "zhang.wei"')):
        with pytest.raises(ConfigError, match=said) as refused:
            port.web.take(replace(port.settings, people=(PEOPLE[0], person("li.na", token))))
        assert TOKEN not in str(refused.value)
        assert is_in(visitor)
    with pytest.raises(ConfigError, match=r"\[web\] listen: cannot listen at 203\.0\.113\.1:"):
        port.web.take(replace(port.settings, host="203.0.113.1", url=PUBLIC))
    assert is_in(visitor)


def test_a_trusted_proxy_says_who_asks_and_from_where(config: WatchConfig) -> None:
    with open_port(config, **behind()) as port:
        visitor = port.public()
        said = {"x_forwarded_user": "zhang.wei", "x_forwarded_for": "198.51.100.7, 203.0.113.9"}
        page = visitor.get(ALERT, **said)
        assert "zhang.wei" in page.text
        assert "/sign-out" not in page.text
        token = page.text.partition('name="form_token" value="')[2].partition('"')[0]
        visitor.post(ACK, {"form_token": token}, **said)
        assert port.answered == [(1, "zhang.wei", "", "web, 203.0.113.9")]
        # Made for one person, it is of no use to another.
        other = said | {"x_forwarded_user": "li.na"}
        assert visitor.post(ACK, {"form_token": token}, **other).status_code == 403


@pytest.mark.parametrize("name", [None, "", "a\tb", "x" * 101])
def test_a_proxy_that_names_nobody_opens_nothing(config: WatchConfig, name: str | None) -> None:
    with open_port(config, **behind()) as port:
        answer = port.public().get(ALERT, x_forwarded_user=name)
        assert answer.status_code == 401
        assert "it named nobody" in answer.text


def test_nobody_else_says_who_asks(config: WatchConfig) -> None:
    with open_port(config, people=PEOPLE, **behind("192.0.2.0/24")) as port:
        visitor = port.public()
        said = {"x_forwarded_user": "zhang.wei", "x_forwarded_for": "192.0.2.1"}
        assert visitor.get(ALERT, **said).headers["location"] == "/sign-in?next=%2Falerts%2F1"
        for _ in range(10):
            visitor.post("/sign-in", {"token": "guessed", "form_token": visitor.token("/sign-in")}, **said)
        assert visitor.sign_in(TOKEN).status_code == 429

"""Nothing that is forged, foreign or too large changes anything, or learns anything; over real HTTP."""

from __future__ import annotations

import re
import socket
from collections.abc import Iterator

import pytest

from smartapp_watch.config.settings import WatchConfig
from smartapp_watch.web.guard import LARGEST
from tests.web.visitors import PEOPLE, PUBLIC, TOKEN, Port, Visitor, open_port

ALERT = "/alerts/1"
ACK = f"{ALERT}/ack"
PAGES = ("/", "/apps", "/rules", "/status", ALERT, "/alerts/99", "/nothing", "/digests/weekly/2026-W47")
FORBIDDEN = ("预约", "流失", "lost-ratio", "15263713", TOKEN)
"""What only those may see who signed in."""


@pytest.fixture
def local(config: WatchConfig) -> Iterator[Port]:
    """Pages for whoever is on this machine."""
    with open_port(config) as opened:
        yield opened


@pytest.fixture
def public(config: WatchConfig) -> Iterator[Port]:
    """Pages for people who sign in, behind a proxy that speaks https."""
    with open_port(config, url=PUBLIC, people=PEOPLE) as opened:
        yield opened


def test_who_is_on_this_machine_reads_and_answers_as_web(local: Port) -> None:
    visitor = local.visitor()
    assert "预约挂号" in visitor.get(ALERT).text
    answer = visitor.post(ACK, {"form_token": visitor.token(ALERT), "note": "看过了"})
    assert (answer.status_code, answer.headers["location"]) == (303, ALERT)
    assert local.answered == [(1, "web", "看过了", "web, 127.0.0.1")]
    assert local.woken == [1]


@pytest.mark.parametrize("path", PAGES)
def test_who_did_not_sign_in_learns_nothing_not_even_what_there_is(public: Port, path: str) -> None:
    answer = public.public().get(path)
    assert answer.status_code == 303
    assert answer.headers["location"].startswith("/sign-in")
    assert answer.text == ""


@pytest.mark.parametrize("action", [ACK, "/alerts/99/ack", "/alerts/1/silence", "/sign-out", "/nothing"])
def test_who_did_not_sign_in_changes_nothing(public: Port, action: str) -> None:
    visitor = public.public()
    fields = {"form_token": visitor.token("/sign-in"), "for": "3d", "because": "x"}
    answer = visitor.post(action, fields)
    assert answer.status_code == 303
    assert answer.headers["location"].startswith("/sign-in")
    assert public.answered == []
    assert public.woken == [0]


@pytest.mark.parametrize("path", ["/sign-in", "/sign-in?next=/alerts/1", "/static/pages.css"])
def test_what_anybody_may_see_tells_nothing_of_what_is_watched(public: Port, path: str) -> None:
    answer = public.public().get(path)
    assert answer.status_code == 200
    assert not [word for word in FORBIDDEN if word in answer.text]


FORGED: dict[str, dict[str, str]] = {
    "no token": {"note": "x"},
    "an empty token": {"form_token": ""},
    "a token of nobody": {"form_token": "0" * 64},
    "a token that is no text": {"form_token": "é\N{SNOWMAN}"},
}


@pytest.mark.parametrize("what", FORGED)
def test_a_form_without_its_token_changes_nothing(local: Port, what: str) -> None:
    visitor = local.visitor()
    visitor.get(ALERT)
    answer = visitor.post(ACK, FORGED[what])
    assert answer.status_code == 403
    assert "nothing was changed" in answer.text
    assert local.answered == []


def test_the_token_of_one_browser_is_of_no_use_to_another(local: Port) -> None:
    attacker, victim = local.visitor(), local.visitor()
    victim.get(ALERT)
    assert victim.post(ACK, {"form_token": attacker.token(ALERT)}).status_code == 403
    assert local.visitor().post(ACK, {"form_token": victim.token(ALERT)}).status_code == 403
    assert local.answered == []


ORIGINS: dict[str, dict[str, str | None]] = {
    "another site": {"origin": "https://evil.example"},
    "a page without an origin": {"origin": "null"},
    "no origin at all": {"origin": None},
    "another port of this machine": {"origin": "http://127.0.0.1:9"},
    "this name over https": {"origin": "https://127.0.0.1"},
    "a name that begins the same": {"origin": "http://127.0.0.1.evil.example"},
    "what the browser calls another site": {"sec_fetch_site": "cross-site"},
    "what the browser calls a sister site": {"sec_fetch_site": "same-site"},
}


@pytest.mark.parametrize("what", ORIGINS)
def test_a_form_of_another_site_changes_nothing_even_with_the_right_token(local: Port, what: str) -> None:
    visitor = local.visitor()
    answer = visitor.post(ACK, {"form_token": visitor.token(ALERT)}, **ORIGINS[what])
    assert answer.status_code == 403
    assert local.answered == []


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "127.0.0.1.evil.example",
        "127.0.0.1",
        "127.0.0.1:1",
        "localhost.",
        "127.0.0.1:{port}.evil",
        "@",
        "",
    ],
)
def test_another_name_for_this_address_opens_nothing(local: Port, host: str) -> None:
    visitor = local.visitor()
    fields = {"form_token": visitor.token(ALERT)}
    named = host.format(port=local.settings.port)
    answer = visitor.get(ALERT, host=named)
    assert answer.status_code in {400, 421}
    assert not [word for word in FORBIDDEN if word in answer.text]
    assert "set-cookie" not in answer.headers
    assert visitor.post(ACK, fields, host=named).status_code in {400, 421}
    assert local.answered == []


@pytest.mark.parametrize("host", ["localhost:{port}", "LOCALHOST:{port}", "[::1]:{port}"])
def test_the_machine_may_call_itself_what_it_likes(local: Port, host: str) -> None:
    assert local.visitor().get(ALERT, host=host.format(port=local.settings.port)).status_code == 200


def talk(port: int, text: str) -> bytes:
    """What is answered to bytes that no library would send."""
    with socket.create_connection(("127.0.0.1", port), timeout=30) as connection:
        connection.sendall(text.replace("\n", "\r\n").encode())
        answer = b""
        while part := connection.recv(65536):
            answer += part
    return answer


@pytest.mark.parametrize(
    "head",
    [
        "GET / HTTP/1.1\nHost: 127.0.0.1:{port}\nHost: evil.example",
        "GET / HTTP/1.1\nHost: evil.example\nHost: 127.0.0.1:{port}",
        "GET http://127.0.0.1:{port}/alerts/1 HTTP/1.1\nHost: evil.example",
        "GET / HTTP/1.0",
    ],
)
def test_two_names_or_none_open_nothing(local: Port, head: str) -> None:
    port = local.settings.port
    answer = talk(port, f"{head.format(port=port)}\nConnection: close\n\n")
    assert answer.split()[1] in {b"400", b"421"}
    assert "预约".encode() not in answer


@pytest.mark.parametrize("use", ["image", "script", "iframe", "empty", "document"])
def test_another_site_may_lead_here_and_use_nothing(local: Port, use: str) -> None:
    mode = "navigate" if use in {"iframe", "document"} else "no-cors"
    for site in ("cross-site", "same-site"):
        answer = local.visitor().get(ALERT, sec_fetch_site=site, sec_fetch_mode=mode, sec_fetch_dest=use)
        assert answer.status_code == (200 if use == "document" else 403)
        assert ("预约挂号" in answer.text) == (use == "document")


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "OPTIONS", "TRACE"])
def test_nothing_but_reading_and_forms_is_understood(local: Port, method: str) -> None:
    answer = local.visitor().ask(method, ALERT, None, origin="https://evil.example")
    assert answer.status_code == 405
    assert not [name for name in answer.headers if name.lower().startswith("access-control")]


def test_a_form_that_is_read_by_get_changes_nothing(local: Port) -> None:
    visitor = local.visitor()
    token = visitor.token(ALERT)
    assert visitor.get(f"{ACK}?form_token={token}").status_code in {404, 405}
    assert local.answered == []


def large(token: str, size: int) -> bytes:
    return f"form_token={token}&note=".encode().ljust(size, b"x")


def test_a_body_that_is_too_large_is_not_read(local: Port) -> None:
    visitor = local.visitor()
    token = visitor.token(ALERT)
    assert visitor.post(ACK, large(token, LARGEST + 1)).status_code == 413
    head = f"POST {ACK} HTTP/1.1\nHost: {visitor.host}\nOrigin: {visitor.origin}\n"
    kind = "Content-Type: application/x-www-form-urlencoded\n"
    chunk = f"400\n{'x' * 1024}\n"
    for body in (
        "Content-Length: 99999999999\n\n",
        f"Transfer-Encoding: chunked\n\n{chunk * (LARGEST // 1024 + 1)}",
    ):
        assert talk(local.settings.port, head + kind + body).startswith(b"HTTP/1.1 413 ")
    assert local.answered == []


BODIES: dict[str, tuple[bytes, dict[str, str | None], int]] = {
    "a file": (b"{}", {"content_type": "multipart/form-data; boundary=x"}, 415),
    "another kind": (b'{"form_token": "x"}', {"content_type": "application/json"}, 415),
    "no kind at all": (b"form_token=x", {"content_type": None}, 415),
    "plain text, which needs nobody's leave": (b"form_token=x", {"content_type": "text/plain"}, 415),
    "no text": (b"note=%ff\xff", {}, 400),
    "too many fields": (b"&".join(b"a%d=1" % number for number in range(99)), {}, 400),
    "a field twice": (b"form_token=x&form_token=y", {}, 400),
}


@pytest.mark.parametrize("what", BODIES)
def test_what_is_no_form_is_not_read(local: Port, what: str) -> None:
    body, headers, status = BODIES[what]
    visitor = local.visitor()
    visitor.get(ALERT)
    assert visitor.post(ACK, body, **headers).status_code == status
    assert local.answered == []


HEADERS = {
    "content-security-policy": "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; "
    "form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
}


@pytest.mark.parametrize("path", [ALERT, "/alerts/99", "/static/pages.css"])
def test_every_answer_keeps_other_pages_away_from_it(local: Port, path: str) -> None:
    for answer in (local.visitor().get(path), local.visitor().get(path, host="evil.example")):
        assert HEADERS.items() <= {name.lower(): value for name, value in answer.headers.items()}.items()
        assert "server" not in answer.headers


def test_over_https_the_cookie_and_the_name_stay_with_it(public: Port) -> None:
    answer = public.public().get("/sign-in")
    cookie = answer.headers["set-cookie"]
    assert cookie.startswith("__Host-watch=")
    assert {"Path=/", "HttpOnly", "SameSite=Lax", "Secure"} <= set(cookie.split("; "))
    assert "Domain" not in cookie
    assert answer.headers["strict-transport-security"] == "max-age=31536000"
    assert "strict-transport-security" not in public.visitor().get("/sign-in").headers


def test_without_people_nothing_is_for_those_whom_a_proxy_brings_along(local: Port) -> None:
    for header in ("x_forwarded_for", "forwarded", "x_real_ip"):
        answer = local.visitor().get(ALERT, **{header: "203.0.113.9"})
        assert answer.status_code == 401
        assert not [word for word in FORBIDDEN if word in answer.text]


def test_a_cookie_that_comes_twice_is_nobodys(local: Port) -> None:
    visitor = local.visitor()
    token = visitor.token(ALERT)
    ((name, value),) = visitor.cookies.items()
    twice = f"{name}={'A' * 43}; {name}={value}"
    assert visitor.post(ACK, {"form_token": token}, cookie=twice).status_code == 403
    assert local.answered == []


def test_what_is_refused_is_logged_now_and_then_and_nothing_of_it(
    local: Port, caplog: pytest.LogCaptureFixture
) -> None:
    for _ in range(50):
        Visitor(local.settings.port, "evil.example").get(f"/?token={TOKEN}")
    assert caplog.messages == [
        "refused 1 requests for pages; the last, from 127.0.0.1: it asks for another host"
    ]


def test_only_what_has_a_new_address_when_it_changes_is_kept_by_a_browser(local: Port) -> None:
    visitor = local.visitor()
    (style,) = re.findall(r'href="(/static/pages\.css\?v=\w+)"', visitor.get(ALERT).text)
    assert visitor.get(style).headers["cache-control"] == "max-age=31536000, immutable"
    for path in (ALERT, "/static/none", "/static/pages.css", "/nothing"):
        assert visitor.get(path).headers["cache-control"] == "no-store", path


def test_no_answer_leads_back_to_plain_http(public: Port) -> None:
    visitor = public.public()
    visitor.sign_in(TOKEN)
    assert visitor.get("/apps/").status_code == 404

"""The envelope of a push: opened where it is Baidu's and for this platform, and else never."""

from __future__ import annotations

import base64
import json
import logging
from collections import Counter
from dataclasses import replace
from random import Random

import pytest

from smartapp_watch.errors import PushRefused
from smartapp_watch.pushes.envelope import Envelope, open_envelope, read_envelope
from smartapp_watch.simulator.pusher import PushedPlatform, Pusher
from tests.pushes.made import AES_KEY, KEYS, NOW, PLATFORM, TICKET, Heard, pusher

SEALED = (
    "ZH4hCdLnoCmQHrRBpul+75mxPzgGes1GNgpcU9YSsNQwAasyjJO5h7QsZgUH90AgJxewr2SSyUE9r+UVH3ZDsTcZ"
    "HHDICIjgyHYp27epCV9tXg8AfYY/tkWamBW4UjoSYHs0jjXRnKJanLFJavJQxu+KfY+GlB0DEAfGrUa2P/2KYTo0"
    "cpu1TI+O3f0UZDiErj0/eDRk0OTAjDnRr+FBwpQfurkik2tp5dTrUkuH8+XzUYg54wliD2aXMQEIg3Eu"
)
"""A ticket's push that OpenSSL encrypted, with 31 bytes of padding, and signed."""

PUBLISHED = {
    "Nonce": "4464221",
    "TimeStamp": "1535551395",
    "Encrypt": "/X6AhuNc6ObfSXaA0/DI2SH4m4NAhaaLrYDxyeARIXnGkVYwjhSz/cK8ZLvPcbsHi6d8spK+brQwHw5+"
    "t55o4NuZj09x1TT2G6hkCQwU/R9ejDIv9yFI292XwkTMVkQ6dnZIwpvRbPmsV2EX6cagRl3C5KVlFme+"
    "6b4SS3aDat7dmpNyxjb6MdYCdZnzp4CmgbramsS0BtA/tnNgqKZ1VA==",
    "MsgSignature": "ba394c04acece6c2c0edee058c5dddf82474b8ee",
}
"""The push of Baidu's own documents, whose keys they do not tell."""


def opened(body: bytes) -> bytes:
    return open_envelope(read_envelope(body), KEYS)


def refusal(body: bytes) -> str:
    with pytest.raises(PushRefused) as refused:
        opened(body)
    return str(refused.value)


def test_what_another_program_encrypted_and_signed_is_opened() -> None:
    envelope = Envelope("4464221", "1795430400", SEALED, "2322952435825040fba56ee1da8632aa7a14dc86")
    message = json.loads(open_envelope(envelope, KEYS))
    assert message["Ticket"] == TICKET
    assert envelope.sent_at == NOW


def test_the_published_push_has_the_form_that_is_read_and_is_not_signed_for_us() -> None:
    envelope = read_envelope(json.dumps(PUBLISHED).encode())
    assert len(base64.b64decode(envelope.encrypted)) == 5 * 32
    assert envelope.sent_at.year == 2018
    assert refusal(json.dumps(PUBLISHED).encode()) == "its signature is wrong"


@pytest.mark.parametrize("length", range(32))
def test_every_length_of_padding_is_understood(length: int) -> None:
    message = b"x" * (100 + length)
    assert opened(pusher().seal(message, NOW)) == message


def test_chinese_words_and_an_empty_message_pass() -> None:
    assert opened(pusher().seal("小程序".encode(), NOW)).decode() == "小程序"
    assert opened(pusher().seal(b"", NOW)) == b""


def test_a_push_signed_with_another_token_is_refused_before_it_is_decrypted() -> None:
    forger = Pusher(replace(PLATFORM, token="guessed"))
    assert refusal(forger.sign("no base64 at all", NOW)) == "its signature is wrong"


def test_a_push_for_another_platform_is_refused_and_says_for_which() -> None:
    other = Pusher(replace(PLATFORM, client_id="14242323"))
    words = "it is signed, but for the platform 14242323: is `client_id` right?"
    assert refusal(other.ticket(TICKET, NOW)) == words
    strange = Pusher(replace(PLATFORM, client_id="a b\n"))
    assert refusal(strange.ticket(TICKET, NOW)) == words.replace("the platform 14242323", "another platform")


def test_a_push_under_another_key_is_refused() -> None:
    other = Pusher(PushedPlatform(PLATFORM.token, AES_KEY[::-1], PLATFORM.client_id))
    assert refusal(other.ticket(TICKET, NOW)) == "it is signed, but cannot be decrypted: is `aes_key` right?"


@pytest.mark.parametrize(
    "clear",
    [
        b"\0" * 32,  # a padding of none
        b"x" * 31 + b"\x21",  # of 33
        b"x" * 15 + b"\x0f" * 16 + b"\x10",  # whose bytes disagree
        b"\x20" * 32,  # nothing but padding
        b"x" * 12 + b"\x14" * 20,  # less than the random bytes and a length
        b"r" * 16 + b"\xff\xff\xff\xff" + b"\x0c" * 12,  # a length beyond the end
        b"r" * 16 + b"\x00\x00\x00\x01" + b"\x0c" * 12,
    ],
)
def test_what_is_wrong_inside_a_right_signature_is_refused(clear: bytes) -> None:
    maker = pusher()
    assert "is `aes_key` right?" in refusal(maker.sign(maker.encrypt(clear), NOW))


@pytest.mark.parametrize("wrong", [b"\x05\x06\x06\x06\x06\x06", b"\x06" * 5 + b"\x00"])
def test_only_the_right_padding_is_accepted(wrong: bytes) -> None:
    client_id = PLATFORM.client_id.encode()
    clear = b"r" * 16 + b"\x00\x00\x00\x06" + b"{    }" + client_id
    maker = pusher()
    assert opened(maker.sign(maker.encrypt(clear + b"\x06" * 6), NOW)) == b"{    }"
    assert "is `aes_key` right?" in refusal(maker.sign(maker.encrypt(clear + wrong), NOW))


@pytest.mark.parametrize(
    ("encrypted", "why"), [("*", "base64"), ("AAAA", "whole blocks"), ("=", "base64"), ("A", "base64")]
)
def test_what_is_signed_but_no_cipher_text_is_refused(encrypted: str, why: str) -> None:
    assert why in refusal(pusher().sign(encrypted, NOW))


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"null",
        b"[]",
        b"{}",
        b"\xff\xfe",
        b"[" * 60_000,
        b'{"Nonce": ' + b"9" * 5000 + b"}",
        b'{"Nonce": true, "TimeStamp": "1", "Encrypt": "x", "MsgSignature": "x"}',
        b'{"Nonce": {}, "TimeStamp": "1", "Encrypt": "x", "MsgSignature": "x"}',
        b'{"Nonce": "\\ud800", "TimeStamp": "1", "Encrypt": "x", "MsgSignature": "x"}',
    ],
)
def test_what_is_no_envelope_is_refused(body: bytes) -> None:
    assert refusal(body) in {"it is no JSON", "it is no envelope"}


def test_numbers_may_stand_without_quotes_and_the_signature_in_large_letters() -> None:
    fields = json.loads(pusher().ticket(TICKET, NOW))
    fields |= {"Nonce": int(fields["Nonce"]), "TimeStamp": int(fields["TimeStamp"])}
    fields["MsgSignature"] = fields["MsgSignature"].upper()
    assert TICKET.encode() in opened(json.dumps(fields).encode())


@pytest.mark.parametrize("timestamp", ["soon", "-1", "9" * 12, "1.5"])
def test_a_time_that_is_none_is_refused(timestamp: str) -> None:
    with pytest.raises(PushRefused, match="its time is none"):
        _ = Envelope("1", timestamp, "x", "x").sent_at


PUSH = pusher().ticket(TICKET, NOW)
FIELDS = json.loads(PUSH)


SECRETS = (PLATFORM.token, AES_KEY, TICKET, FIELDS["Encrypt"], FIELDS["MsgSignature"])


def mutated(random: Random, data: bytes) -> bytes:
    """One to three bytes changed, left out or added, or the end cut off."""
    changed = bytearray(data)
    for _ in range(random.randint(1, 3)):
        at = random.randrange(len(changed) + 1)
        what = random.choice(["change", "leave out", "add", "add", "cut"] if changed else ["add"])
        if what == "cut":
            del changed[at:]
        elif what == "add":
            changed.insert(at, random.randrange(256))
        elif what == "leave out":
            del changed[at : at + 1]
        else:
            changed[at : at + 1] = bytes([random.randrange(256)])
    return bytes(changed)


def outcome(body: bytes) -> str:
    """Why it is refused; empty where it is taken."""
    try:
        Heard().reception().take(body)
    except PushRefused as error:
        return str(error)
    return ""


def says_the_same(body: bytes) -> bool:
    """Whether a mutation changed nothing that is read: white space, or how a letter is written."""
    try:
        envelope = read_envelope(body)
    except PushRefused:
        return False
    return replace(envelope, signature=envelope.signature.lower()) == read_envelope(PUSH)


def test_of_ten_thousand_mutated_pushes_none_is_taken_crashes_or_shows_a_secret() -> None:
    random, refused, same = Random(7), 0, 0
    while refused < 10_000:
        body = mutated(random, PUSH)
        why = outcome(body)
        refused += bool(why)
        same += not why
        assert why or says_the_same(body)
        assert not [secret for secret in SECRETS if secret in why]
    assert same < 200


def test_what_somebody_garbles_who_knows_the_token_and_not_the_key_does_not_crash() -> None:
    random, maker, reasons = Random(8), pusher(), Counter[str]()
    for _ in range(2_000):
        sealed = mutated(random, base64.b64decode(FIELDS["Encrypt"]))
        why = outcome(maker.sign(base64.b64encode(sealed).decode(), NOW))
        reasons[why] += 1
        assert not [secret for secret in SECRETS if secret in why]
    assert len(reasons) >= 3


def test_no_text_form_shows_a_secret(caplog: pytest.LogCaptureFixture) -> None:
    logging.getLogger("x").warning("%r %r %s", KEYS, read_envelope(PUSH), Heard().reception())
    for secret in (PLATFORM.token, AES_KEY, str(KEYS.aes_key), FIELDS["Encrypt"]):
        assert secret not in caplog.text

"""The envelope that every push comes in: signed, encrypted, and addressed to one platform."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
import re
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CBC

from smartapp_watch.errors import PushRefused

_BLOCK = 16
_LONGEST_PADDING = 32
"""Baidu fills up to 32 bytes, twice the cipher's own block."""

_RANDOM = 16
_LENGTH = 4
_NAMEABLE = re.compile(r"[\w.-]{1,64}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Keys:
    """What the console of the platform shows. ``token`` signs, ``aes_key`` (32 bytes) encrypts."""

    token: str = field(repr=False)
    aes_key: bytes = field(repr=False)
    client_id: str


@dataclass(frozen=True, slots=True)
class Envelope:
    """A push as it travels. ``encrypted`` is base64; ``signature`` is over all the others."""

    nonce: str
    timestamp: str
    encrypted: str = field(repr=False)
    signature: str

    @property
    def sent_at(self) -> datetime:
        """When it was signed; PushRefused where that is no time."""
        if not re.fullmatch(r"[0-9]{1,11}", self.timestamp):
            raise PushRefused("its time is none")
        return datetime.fromtimestamp(int(self.timestamp), UTC)


def read_envelope(body: bytes) -> Envelope:
    """The envelope in the body of a request; PushRefused where there is none."""
    try:
        written = json.loads(body.decode("utf-8"))
    except (ValueError, RecursionError):
        raise PushRefused("it is no JSON") from None
    if not isinstance(written, dict):
        raise PushRefused("it is no envelope")
    nonce, timestamp, encrypted, signature = (
        _text(written.get(key)) for key in ("Nonce", "TimeStamp", "Encrypt", "MsgSignature")
    )
    return Envelope(nonce, timestamp, encrypted, signature)


def open_envelope(envelope: Envelope, keys: Keys) -> bytes:
    """The message in it; PushRefused where it is not signed, or not for this platform.

    Nothing is decrypted before the signature is found right.
    """
    expected = signature_of(keys.token, envelope.timestamp, envelope.nonce, envelope.encrypted)
    if not hmac.compare_digest(expected, envelope.signature.lower()):
        raise PushRefused("its signature is wrong")
    message, client_id = _take_apart(_decrypt(envelope.encrypted, keys.aes_key))
    if not hmac.compare_digest(client_id, keys.client_id.encode()):
        named = client_id.decode("ascii", "replace")
        whose = f"the platform {named}" if _NAMEABLE.fullmatch(named) else "another platform"
        raise PushRefused(f"it is signed, but for {whose}: is `client_id` right?")
    return message


def signature_of(token: str, timestamp: str, nonce: str, encrypted: str) -> str:
    """The SHA-1 over the four, sorted and joined; in hexadecimal digits."""
    joined = "".join(sorted((token, timestamp, nonce, encrypted)))
    return hashlib.sha1(joined.encode(), usedforsecurity=False).hexdigest()


def _text(value: Any) -> str:
    """A field's text; Baidu writes numbers with and without quotes."""
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    if not isinstance(value, str) or not value or not value.isascii():
        raise PushRefused("it is no envelope")
    return value


def _decrypt(encrypted: str, key: bytes) -> bytes:
    try:
        sealed = base64.b64decode(encrypted, validate=True)
    except binascii.Error:
        raise PushRefused("it is signed, but not in base64") from None
    if not sealed or len(sealed) % _BLOCK:
        raise PushRefused("it is signed, but no whole blocks")
    decryptor = Cipher(AES(key), CBC(key[:_BLOCK])).decryptor()
    return _without_padding(decryptor.update(sealed) + decryptor.finalize())


def _without_padding(clear: bytes) -> bytes:
    length = clear[-1]
    if not 1 <= length <= _LONGEST_PADDING or clear[-length:] != bytes([length]) * length:
        raise _wrong_key()
    return clear[:-length]


def _take_apart(clear: bytes) -> tuple[bytes, bytes]:
    """The message and the client id behind it; before it stand random bytes and its length."""
    begins = _RANDOM + _LENGTH
    ends = begins + int.from_bytes(clear[_RANDOM:begins], "big")
    if len(clear) < begins or ends > len(clear):
        raise _wrong_key()
    return clear[begins:ends], clear[ends:]


def _wrong_key() -> PushRefused:
    return PushRefused("it is signed, but cannot be decrypted: is `aes_key` right?")

"""Baidu's side of the pushes: writes, encrypts and signs them as the third-party platform's documents say."""

from __future__ import annotations

import hashlib
import json
import struct
from base64 import b64decode, b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import count
from random import Random

from cryptography.hazmat.primitives import padding
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

_BITS = 32 * 8
"""The padding fills up blocks of 32 bytes."""


@dataclass(frozen=True, slots=True)
class PushedPlatform:
    """A platform as its console shows it: what signs, what encrypts (43 characters), and who it is."""

    token: str
    aes_key: str
    client_id: str


class Pusher:
    """Makes the bodies of pushes to one platform; the same seed makes the same ones."""

    def __init__(self, platform: PushedPlatform, seed: int = 1) -> None:
        self._platform = platform
        self._random = Random(seed)
        self._numbers = count(4464221)

    def ticket(self, ticket: str, at: datetime) -> bytes:
        """The push that comes every ten minutes."""
        fields = {"Ticket": ticket, "FromUserName": "SmartAPP", "CreateTime": int(at.timestamp())}
        return self.push({**fields, "MsgType": "ticket", "Event": "push"}, at)

    def authorization(
        self, event: str, app_id: int | str, at: datetime, code: str = "c0dec0dec0dec0dec0de"
    ) -> bytes:
        """The push of a mini-program that gave, changed or took back its authorisation."""
        fields = {
            "appId": app_id,
            "tpAppId": 14242323,
            "eventTime": f"{at:%Y-%m-%d %H:%M:%S}",
            "event": event,
        }
        if event != "UNAUTHORIZED":
            fields |= {"authorizationCode": code, "authorizationCodeExpiresIn": 60}
        return self.push(fields, at)

    def push(self, fields: Mapping[str, object], at: datetime) -> bytes:
        """A push of any fields."""
        return self.seal(json.dumps(fields, ensure_ascii=False).encode(), at)

    def seal(self, message: bytes, at: datetime) -> bytes:
        """A push of any message."""
        opening = self._random.randbytes(16) + struct.pack(">I", len(message))
        padder = padding.PKCS7(_BITS).padder()
        clear = padder.update(opening + message + self._platform.client_id.encode()) + padder.finalize()
        return self.sign(self.encrypt(clear), at)

    def encrypt(self, clear: bytes) -> str:
        """Whole blocks, encrypted and in base64."""
        key = b64decode(self._platform.aes_key + "=")
        encryptor = Cipher(algorithms.AES(key), modes.CBC(key[:16])).encryptor()
        return b64encode(encryptor.update(clear) + encryptor.finalize()).decode()

    def sign(self, encrypted: str, at: datetime) -> bytes:
        """The body of a push that holds this."""
        nonce, timestamp = str(next(self._numbers)), str(int(at.timestamp()))
        joined = "".join(sorted([self._platform.token, timestamp, nonce, encrypted]))
        signature = hashlib.sha1(joined.encode(), usedforsecurity=False).hexdigest()
        envelope = {"Nonce": nonce, "TimeStamp": timestamp, "Encrypt": encrypted, "MsgSignature": signature}
        return json.dumps(envelope).encode()

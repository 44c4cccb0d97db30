"""``[platform.events]``: the port that takes Baidu's pushes."""

from __future__ import annotations

import base64
import re
from importlib.util import find_spec
from pathlib import Path

from smartapp_watch.config.complaints import read_part
from smartapp_watch.config.document import Part
from smartapp_watch.config.forms import is_loopback
from smartapp_watch.config.review import check_secret
from smartapp_watch.config.secret import Secret, SecretSource
from smartapp_watch.config.settings import EventsSettings
from smartapp_watch.config.wording import show
from smartapp_watch.config.written import WrittenEvents
from smartapp_watch.errors import ConfigError, Problem

_EXTRA = ("cryptography", "starlette", "uvicorn")
_AES_KEY = re.compile(r"[A-Za-z0-9+/]{43}")
_NO_KEY = "is no key of 43 letters and digits"
_FROM_CONSOLE = "as the console of the platform shows it"


def read_events(platform: Part, folder: Path) -> EventsSettings | None:
    """Where pushes come in, every mistake noted; None where none are taken, or there is a mistake."""
    if "events" not in platform.data:
        return None
    part = platform.table("events")
    if not isinstance(platform.data["events"], dict):
        return None
    if any(find_spec(name) is None for name in _EXTRA):
        what = "`[platform.events]` needs packages that are not installed here"
        platform.mistake("events", what, "pip install 'smartapp-watch[ticket]'")
    if not platform.data.get("client_id"):
        what = "`[platform.events]` without `client_id`: whom pushes have to be for"
        platform.mistake("events", what, f"write it in [platform], {_FROM_CONSOLE}")
    written = read_part(part, WrittenEvents, folder)
    if written is None:
        return None
    check_secret(part, "token", written.token)
    check_secret(part, "aes_key", written.aes_key)
    if written.aes_key.source is SecretSource.PLAIN and not _AES_KEY.fullmatch(written.aes_key.reference[0]):
        part.mistake("aes_key", f"`aes_key` {_NO_KEY}", _FROM_CONSOLE)
    host, port = written.listen
    if not is_loopback(host):
        what = f"`listen` is {show(host)}: the port is open to others, and not encrypted"
        part.warn("listen", what, '"127.0.0.1:…" behind a proxy that speaks https')
    return EventsSettings(host, port, written.path, written.token, written.aes_key)


def reveal_aes_key(secret: Secret) -> bytes:
    """The 32 bytes that pushes are encrypted with; ConfigError, showing nothing of it, where it is no key."""
    written = secret.reveal()
    if not _AES_KEY.fullmatch(written):
        raise ConfigError((Problem(secret.described, 0, f"it {_NO_KEY}", _FROM_CONSOLE),))
    return base64.b64decode(f"{written}=")

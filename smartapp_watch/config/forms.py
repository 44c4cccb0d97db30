"""The forms that single values are written in: durations, names, numbers of mini-programs, addresses.

Each function turns what stands in the file into what it means, or raises a mistake in the project's words.
"""

from __future__ import annotations

import json
import re
import unicodedata
from contextlib import suppress
from datetime import date, datetime, time, timedelta
from email.utils import parseaddr
from ipaddress import IPv4Network, IPv6Network, ip_network
from urllib.parse import urlsplit

from smartapp_watch.config.wording import refusal, show
from smartapp_watch.rules.occasion import FIRST_YEAR, LAST_YEAR

_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}
_DURATION = re.compile(r"(\d{1,6})([smhd])")
_CLOCK = r"([01]\d|2[0-3]):([0-5]\d)"
_HOURS = re.compile(f"{_CLOCK}-{_CLOCK}")
_LOOSE_CLOCK = r"(\d{1,2})(?:[:.：]([0-5]\d))?"
_LOOSE_HOURS = re.compile(rf"\s*{_LOOSE_CLOCK}\s*(?:-|–|—|~|to|至)\s*{_LOOSE_CLOCK}\s*")
_DAY_OF_A_YEAR = re.compile(r"\d{2}-\d{2}", re.ASCII)
_LEAP_YEAR, _LEAP_DAY = 2000, (2, 29)
_LONGEST = timedelta(days=366)
_ALL_ATTEMPTS = timedelta(seconds=60)
_LISTEN = re.compile(r"(?:\[([0-9A-Fa-f:.]+)\]|([A-Za-z0-9_][A-Za-z0-9_.-]*)):([0-9]{1,5})")
_LAST_PORT = 65535
_ADDRESS = re.compile(r"[!-?A-~]+@[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?")


def line_of_text(value: object) -> str:
    """Text without control characters: it goes into subjects, headers and logs."""
    if not isinstance(value, str):
        raise refusal(f"is {show(value)}, which is no text", f"in quotes: {json.dumps(show(value))}")
    if any(unicodedata.category(character) in {"Cc", "Zl", "Zp"} for character in value):
        raise refusal("holds a line break or another control character", "one line of text")
    return value


def name(value: object) -> str:
    """A line of text that names something: not empty, no spaces around it, at most 100 characters."""
    text = line_of_text(value)
    if not text.strip():
        raise refusal("is empty", "a name that people will recognise")
    if text != text.strip():
        raise refusal(f"is {show(text)}, with spaces around it", show(text.strip()))
    if len(text) > 100:  # noqa: PLR2004
        raise refusal(f"is {len(text)} characters long", "at most 100")
    return text


def path(value: object) -> str:
    """The path of a file or folder."""
    text = line_of_text(value)
    if not text.strip():
        raise refusal("is empty", "a path, relative to this file")
    return text


def duration(value: object) -> timedelta:
    """``"10s"``, ``"30m"``, ``"26h"`` or ``"7d"``: more than nothing, at most a year."""
    if isinstance(value, int) and not isinstance(value, bool):
        raise refusal(
            f"is {value}, a number without a unit", f'in quotes and with a unit: "{value}s" or "{value}m"'
        )
    match = _DURATION.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        raise refusal(f"is {show(value)}, which is no duration", 'written "10s", "30m", "26h" or "7d"')
    length = timedelta(**{_UNITS[match[2]]: int(match[1])})
    if not length:
        raise refusal(f"is {show(value)}, no time at all", "more than 0")
    if length > _LONGEST:
        raise refusal(f"is {show(value)}", 'at most a year, "366d"')
    return length


def timeout(value: object) -> timedelta:
    """A duration within which an attempt has to end: no longer than all of them together may take."""
    length = duration(value)
    if length > _ALL_ATTEMPTS:
        raise refusal(f"is {show(value)}", 'at most "60s": that is when a call is given up')
    return length


def quiet_hours(value: object) -> tuple[time, time]:
    """From one time of day to another, ``"22:00-08:00"``; over midnight where the second is the earlier."""
    match = _HOURS.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        loose = _LOOSE_HOURS.fullmatch(value) if isinstance(value, str) else None
        raise refusal(f"is {show(value)}, which is no two times of day", _hours_meant(loose))
    begins, ends = time(int(match[1]), int(match[2])), time(int(match[3]), int(match[4]))
    if begins == ends:
        raise refusal(f"is {show(value)}: they end when they begin", "two different times of day")
    return begins, ends


def _hours_meant(loose: re.Match[str] | None) -> str:
    if loose is not None and int(loose[1]) < 24 and int(loose[3]) <= 24:  # noqa: PLR2004
        begins = f"{int(loose[1]):02d}:{loose[2] or '00'}"
        return f'written "{begins}-{int(loose[3]) % 24:02d}:{loose[4] or "00"}"'
    return 'written "22:00-08:00", from "00:00" to "23:59"'


def moment(value: object) -> datetime:
    """A date with a time of day; without a zone it is meant in the settings'."""
    if isinstance(value, str) and "T" in value:
        with suppress(ValueError):
            value = datetime.fromisoformat(value)
    if not isinstance(value, datetime):
        raise refusal(f"is {show(value)}, which is no date with a time", "written 2026-11-28T22:00:00")
    return value


def day(value: object) -> tuple[date, bool]:
    """A date, ``2026-06-18``; or one of every year, ``"06-18"``, in a year of no meaning: then with True."""
    if isinstance(value, datetime):
        raise refusal(f"is {show(value)}, a date with a time", f"the day alone: {value.date()}")
    yearly = isinstance(value, str) and bool(_DAY_OF_A_YEAR.fullmatch(value))
    if isinstance(value, str):
        with suppress(ValueError):
            value = date.fromisoformat(f"{_LEAP_YEAR}-{value}" if yearly else value)
    if not isinstance(value, date):
        raise refusal(f"is {show(value)}, which is no day", 'written 2026-06-18, or each year "06-18"')
    if yearly and (value.month, value.day) == _LEAP_DAY:
        raise refusal('is "02-29", which most years have not', "the day before or after it")
    if not FIRST_YEAR <= value.year <= LAST_YEAR:
        raise refusal(f"is {show(value)}", f"a year from {FIRST_YEAR} to {LAST_YEAR}")
    return value, yearly


def app_id(value: object) -> int:
    """A mini-program's number, in text or as a number."""
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise refusal(f"is {show(value)}, which is no mini-program's number", 'written "15263713"')
    if not re.fullmatch(r"[0-9]{1,18}", str(value)) or not int(value):
        raise refusal(f"is {show(value)}, which is no mini-program's number", 'digits only, as in "15263713"')
    return int(value)


def scene(value: object) -> str:
    """The number of a scene, in text or as a number."""
    if isinstance(value, bool) or not re.fullmatch(r"[0-9]{1,18}", str(value)):
        meant = (
            "all scenes together are always asked for"
            if str(value) in {"all", ""}
            else 'digits only, as in "11700000"'
        )
        raise refusal(f"is {show(value)}, which is no scene's number", meant)
    return str(value)


def address(value: object) -> str:
    """A mail address, with or without a name before it."""
    text = line_of_text(value)
    _, bare = parseaddr(text)
    if "," in text.partition("<")[0] and text.count("@") > 1:
        raise refusal(f"is {show(text)}, several addresses in one", "a list with each in its own quotes")
    if not _ADDRESS.fullmatch(bare) or ".." in bare:
        raise refusal(
            f"is {show(text)}, which is no mail address", '"watch@example.com" or "Name <watch@example.com>"'
        )
    return text


def web_address(value: object) -> str:
    """An http or https address without user, query and fragment; those parts are where secrets stand."""
    if not isinstance(value, str) or not re.fullmatch(r"https?://[!-~]+", value):
        raise refusal("is no http or https address", 'written "https://host"')
    try:
        parts = urlsplit(value)
        well_formed = bool(parts.hostname) and parts.port != 0
    except ValueError:
        well_formed = False
    if not well_formed:
        raise refusal("is no http or https address", 'written "https://host:port"')
    if parts.username is not None or parts.password is not None:
        raise refusal("holds a user name or password", "the address alone")
    if parts.query or parts.fragment or "?" in value or "#" in value:
        raise refusal("holds a query or fragment", "the address up to its path")
    return value.rstrip("/")


def web_root(value: object) -> str:
    """A web address of a whole machine: nothing stands behind its name and port."""
    address = web_address(value)
    if urlsplit(address).path:
        raise refusal(
            f"is {show(address)}, with a path", "a machine's name of its own: https://watch.example.com"
        )
    return address


def header_name(value: object) -> str:
    """The name of a header of HTTP."""
    if not isinstance(value, str) or not re.fullmatch(r"[A-Za-z][A-Za-z0-9-]{0,63}", value):
        raise refusal(f"is {show(value)}, which is no header's name", 'as in "X-Forwarded-User"')
    return value


def network(value: object) -> IPv4Network | IPv6Network:
    """An address, or a network of them that is not all there are."""
    try:
        found = ip_network(value) if isinstance(value, str) else None
    except ValueError:
        found = None
    if found is None:
        raise refusal(f"is {show(value)}, which is no address", 'written "127.0.0.1" or "10.1.2.0/24"')
    if not found.prefixlen:
        raise refusal(f"is {show(value)}: everybody would be trusted", "the proxy's own address")
    return found


def is_web_address(text: str) -> bool:
    """Whether it is an http or https address, of whatever path and query."""
    try:
        parts = urlsplit(text)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False


def is_loopback(address: str) -> bool:
    """Whether a host's name or a web address stays on this machine."""
    host = (urlsplit(address).hostname if "://" in address else address) or ""
    return host in {"localhost", "::1"} or bool(re.fullmatch(r"127(?:\.\d{1,3}){3}", host))


def host(value: object) -> str:
    """A machine's name or address."""
    text = line_of_text(value)
    if "://" in text:
        raise refusal(f"is {show(text)}, an address with a scheme", "the machine's name alone")
    before, colon, port = text.rpartition(":")
    if colon and port.isdigit() and ":" not in before:
        raise refusal(f"is {show(text)}", f'the machine\'s name, "{before}"; and port = {port}')
    if not re.fullmatch(r"[A-Za-z0-9_][A-Za-z0-9_.-]*|[0-9A-Fa-f:]+", text):
        raise refusal(f"is {show(text)}, which is no machine's name", 'as in "smtp.example.com"')
    return text


def listen(value: object) -> tuple[str, int]:
    """Where a port is opened: an address or a name of this machine, and a number."""
    if isinstance(value, int) and not isinstance(value, bool):
        raise refusal(f"is {show(value)}, a port alone", f'with an address before it: "127.0.0.1:{value}"')
    match = _LISTEN.fullmatch(value) if isinstance(value, str) else None
    if match is None or not 1 <= int(match[3]) <= _LAST_PORT:
        raise refusal(f"is {show(value)}, which is no address with a port", 'written "127.0.0.1:8765"')
    return match[1] or match[2], int(match[3])


def url_path(value: object) -> str:
    """The path of a web address."""
    if not isinstance(value, str) or not re.fullmatch(r"(?:/[\w.~-]*)+", value, re.ASCII):
        raise refusal(f"is {show(value)}, which is no path", 'written "/baidu/events", as in the address')
    return value


def settle(value: object) -> timedelta | None:
    """A duration; None is ``"auto"``: learned from the corrections seen."""
    if value == "auto":
        return None
    if isinstance(value, str) and not _DURATION.fullmatch(value):
        raise refusal(f"is {show(value)}, which is no duration", 'written "9h", or "auto"')
    return duration(value)

"""Takes secrets out of a text, whatever it came from: the last line before a log or a screen.

No library can be trusted to keep a URL out of its own log lines and exceptions, and a token stands in the
URL of every call. So whatever is shown of a foreign text is passed through here.
"""

from __future__ import annotations

import logging
import re

MASK = "***"

_NAMED = "|".join(
    (
        "(?:access|refresh|app|verification)_?token",
        "(?:client|app)?_?secret",
        "passw(?:or)?d",
        "authorization_code",
        "ticket",
    )
)
_PATTERNS = (
    # a parameter of a URL, a line of a header, a key of a JSON text or of a dict
    re.compile(
        rf"""(?P<kept>\b(?:{_NAMED})(?:["']?\s*[=:]\s*|%3[Dd])["']?)(?!\*\*\*)[^\s&"'<>,;)}}\]]+""",
        re.IGNORECASE,
    ),
    re.compile(r"(?P<kept>[?&](?:key|sign|code)=)[^\s&\"'<>]+", re.IGNORECASE),
    re.compile(r"(?P<kept>\b(?:Bearer|Basic)\s+)[\w.~+/=-]{8,}", re.IGNORECASE),
    re.compile(r"(?P<kept>://)[^/\s:@\"']+:[^/\s@\"']+(?=@)"),
    re.compile(r"(?P<kept>\b(?:xox[a-z]|xapp|xwfp)-)[\w-]+"),
    re.compile(r"(?P<kept>/(?:services|workflows|triggers)/)[\w-]+(?:/[\w-]+)+"),
    re.compile(r"(?P<kept>/hook/)[\w-]{16,}"),
    # Baidu's tokens: 42. the platform's, 45. an app's, 46. a refresh token; a float has no 20 decimals
    re.compile(r"(?P<kept>\b4[0-9]\.)[0-9A-Za-z]{20,}[\w.-]*"),
)


def redact(text: str) -> str:
    """``text`` without the secrets that can be known by their form or by the name in front of them."""
    for pattern in _PATTERNS:
        text = pattern.sub(rf"\g<kept>{MASK}", text)
    return text


class RedactingFormatter(logging.Formatter):
    """A formatter that redacts the finished line, the traceback included.

    A filter would see neither the traceback nor, on the root logger, what other loggers pass up.
    """

    def format(self, record: logging.LogRecord) -> str:
        return redact(super().format(record))

"""Tells an answer with data from a refusal, and what a caller does about it.

Baidu refuses in three shapes, with HTTP 200 or 4xx: ``{"errno", "msg"}`` from the mini-program service,
``{"error_code", "error_msg"}`` from the gateway in front of it, ``{"error", "error_description"}`` from
OAuth. A code that is not listed here counts as final for this app and report.
"""

from __future__ import annotations

import json
import reprlib
from dataclasses import dataclass

from smartapp_watch.errors import (
    ApiError,
    PlatformRefused,
    QuotaExhausted,
    Refused,
    TokenRejected,
    TooFast,
    Unavailable,
)
from smartapp_watch.redaction import redact

_CLASSES: dict[tuple[str, str], type[ApiError]] = {
    **{("errno", code): Unavailable for code in ("500", "501", "1000", "5000", "6002")},
    **{("errno", code): TokenRejected for code in ("44002", "44003", "44004")},
    ("errno", "40008"): PlatformRefused,
    ("errno", "50029"): QuotaExhausted,
    **{("error_code", code): Unavailable for code in ("1", "2")},
    **{("error_code", code): QuotaExhausted for code in ("4", "17", "19")},
    ("error_code", "5"): PlatformRefused,
    ("error_code", "18"): TooFast,
    **{("error_code", code): TokenRejected for code in ("110", "111")},
}
_SHAPES = (("errno", "msg"), ("error_code", "error_msg"), ("error", "error_description"))
_STATUSES: dict[int, type[ApiError]] = {408: Unavailable, 429: TooFast}
_SUCCESS, _REDIRECTION, _REFUSED = range(200, 300), range(300, 400), range(400, 500)
_MOST_WORDS = 200
_MOST_CODE = 40


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back from one attempt. ``retry_after``: seconds the server asked to wait, where it did."""

    status: int
    body: bytes
    retry_after: float | None = None


@dataclass(frozen=True, slots=True)
class _Refusal:
    shape: str
    code: str
    words: str

    @property
    def text(self) -> str:
        return f"{self.shape} {self.code}" + (f": {self.words}" if self.words else "")


def data_of(answer: Answer) -> object:
    """The ``data`` of an answer; its kind of ApiError where it is a refusal or no answer at all."""
    document = _parse(answer.body)
    refusal = _refusal_in(document)
    if answer.status in _SUCCESS and isinstance(document, dict) and refusal is None:
        return document.get("data")
    raise _error(answer, refusal)


def _error(answer: Answer, refusal: _Refusal | None) -> ApiError:
    kind = _kind(answer.status, refusal)
    if refusal is None:
        return kind(_describe(answer.status), retry_after=answer.retry_after)
    return kind(f"Baidu answered {refusal.text}", refusal.code, answer.retry_after)


def _kind(status: int, refusal: _Refusal | None) -> type[ApiError]:
    if status not in _SUCCESS and status not in _REFUSED:
        return Unavailable
    listed = _CLASSES.get((refusal.shape, refusal.code)) if refusal else None
    if listed:
        return listed
    if status in _REFUSED:
        return _STATUSES.get(status, Refused)
    return Refused if refusal else Unavailable


def _describe(status: int) -> str:
    if status in _REDIRECTION:
        return f"the answer is a redirection (HTTP {status}); none is followed"
    if status in _SUCCESS:
        return f"the answer (HTTP {status}) is not a JSON object"
    return f"the answer is HTTP {status}"


def _parse(body: bytes) -> object:
    try:
        return json.loads(body)
    except (ValueError, RecursionError):  # cut off, HTML, not UTF-8, a number of thousands of digits
        return None


def _refusal_in(document: object) -> _Refusal | None:
    if not isinstance(document, dict):
        return None
    for shape, words in _SHAPES:
        code = document.get(shape)
        if code not in (None, 0, "0", ""):
            return _Refusal(shape, one_line(code, _MOST_CODE), one_line(document.get(words), _MOST_WORDS))
    return None


def one_line(words: object, most: int) -> str:
    """Foreign words fit for a message: without secrets, on one line, not longer than ``most``."""
    if words is None:
        return ""
    text = redact((words if isinstance(words, str) else reprlib.repr(words))[: 20 * most])
    text = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    return text if len(text) <= most else text[: most - 1] + "…"

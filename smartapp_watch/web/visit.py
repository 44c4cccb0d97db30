"""Who asks for a page, in which language, and with which words after the question mark."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

from starlette.requests import Request

from smartapp_watch.metrics.words import Language

LANGUAGE_COOKIE = "language"

_ASKED = "lang"


@dataclass(frozen=True, slots=True)
class Visit:
    """One request, as far as pages depend on it.

    ``person``: who asks; empty where nobody knows. ``form_token``: what every form sends back.
    ``may_sign_out``: they signed in here, and nobody else says who they are.
    ``chosen``: the language was asked for just now, and is to be remembered.
    """

    path: str
    query: Mapping[str, str]
    language: Language
    person: str = ""
    form_token: str = ""
    may_sign_out: bool = False
    chosen: bool = False

    @classmethod
    def of(cls, request: Request, usual: Language) -> Visit:
        """What a request asks for; ``usual``: the language of those who never chose one."""
        query = dict(request.query_params)
        asked = _language(query.pop(_ASKED, ""))
        remembered = _language(request.cookies.get(LANGUAGE_COOKIE, ""))
        return cls(
            path=request.url.path,
            query=query,
            language=asked or remembered or usual,
            person=getattr(request.state, "person", ""),
            form_token=getattr(request.state, "form_token", ""),
            may_sign_out=getattr(request.state, "may_sign_out", False),
            chosen=asked is not None,
        )

    def address(self, **changes: str | int) -> str:
        """The address of this page with some words of its query changed; an empty one is left out."""
        query = {name: str(value) for name, value in {**self.query, **changes}.items() if value != ""}
        return f"{self.path}?{urlencode(query)}" if query else self.path

    @property
    def in_the_other_language(self) -> str:
        """The address of this page in the other language."""
        other = Language.EN if self.language is Language.ZH else Language.ZH
        return self.address(**{_ASKED: other.value})


def _language(text: str) -> Language | None:
    return Language(text) if text in set(Language) else None

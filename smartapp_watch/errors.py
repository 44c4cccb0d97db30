"""Everything that can go wrong and is expected to, each with the decision it carries.

WatchError
├── UsageError              a command was called wrongly; exit code 2
├── ConfigError             settings, rules or templates; all problems at once; exit code 2
├── HistoryError            the history cannot be opened, read or written
│   └── HistoryUnusable     it is damaged, or no longer the file that it was; nobody may write to it
├── CredentialsError        the file of renewed tokens cannot be read or written
├── Stopped                 the process is stopping; nothing is wrong, and nothing is half done
├── ApiError                the API refused or could not be understood
│   ├── Unavailable         passing: a time-out, a 5xx, a body that is not JSON; worth another try
│   ├── TooFast             slow down, then try again
│   ├── QuotaExhausted      no call more today
│   ├── TokenRejected       the access token is invalid or has expired
│   ├── NoRenewal           no token can be renewed: the platform's own is refused, or none can be kept
│   ├── PlatformRefused     the whole platform is shut out (the address is not on the whitelist)
│   ├── Refused             this app and report: no permission, app gone, bad parameter
│   └── BadPayload          the answer arrived, but is not what the API document says
├── PushRefused             what came to the port is no push of Baidu's, or none for this platform
└── DeliveryError           a receiver did not take a message, or takes none; permanent or not
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar


class WatchError(Exception):
    """Anything this program expects to go wrong; its text is fit to show to a person."""


class UsageError(WatchError):
    """A command was called in a way that cannot work."""


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """One mistake, or one warning, in a file that the operator wrote."""

    file: str
    line: int
    what: str
    meant: str = ""
    warning: bool = False

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}: " if self.line else f"{self.file}: "
        return (
            place
            + ("warning: " if self.warning else "")
            + self.what
            + (f"; {self.meant}" if self.meant else "")
        )


def unknown_holidays(year: int) -> Problem:
    """The warning that a year's holidays are not known, so that its days are taken for ordinary ones."""
    meant = 'upgrade chinesecalendar, or write them as events of kind = "holiday"'
    return Problem("[calendar]", 0, f"the holidays of {year} are not known", meant, warning=True)


class ConfigError(WatchError):
    """Every mistake found in settings, rules and templates."""

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        super().__init__("\n".join(map(str, problems)))
        self.problems = problems


class HistoryError(WatchError):
    """The history cannot be opened, read or written; nothing was half-written."""


class Stopped(WatchError):
    """The process is stopping; nothing is wrong, and what was under way is as if it had not begun."""


class CredentialsError(WatchError):
    """The file of renewed tokens cannot be read or written; nothing was half-written."""


class HistoryUnusable(HistoryError):
    """The history is damaged, or another file took its place: whoever goes on writing makes it worse."""


class ApiError(WatchError):
    """An answer of the API that is not the data asked for.

    ``kind`` is the short word that scripts see in the JSON of ``poll``; ``code`` is Baidu's own number or
    word, where it gave one; ``retry_after``: seconds it asked to wait, where it did. The text never holds a
    URL or a token.
    """

    kind: ClassVar[str] = "api"

    def __init__(self, message: str, code: str = "", retry_after: float | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.retry_after = retry_after


class Unavailable(ApiError):
    kind = "unavailable"


class TooFast(ApiError):
    kind = "too_fast"


class QuotaExhausted(ApiError):
    kind = "quota"


class TokenRejected(ApiError):
    kind = "token"


class NoRenewal(ApiError):
    kind = "renewal"


class PlatformRefused(ApiError):
    kind = "platform"


class Refused(ApiError):
    kind = "refused"


class BadPayload(ApiError):
    kind = "payload"


class PushRefused(WatchError):
    """What came to the port is no push of Baidu's for this platform; the text shows nothing of it."""


class DeliveryError(WatchError):
    """A receiver did not take a message.

    ``of_receiver``: any other message to it would fail as well, so they wait, and none of them is lost; else
    it is about this one message alone. ``permanent``: trying again will not help until somebody changes
    something: the receiver's settings (a bad token, an unknown channel), or the message (too large).
    ``retry_after``: seconds the platform asked to wait, where it did. ``taken``: who of those that the
    receiver stands for got it nevertheless, in a form that its sender reads again at the next try.
    """

    def __init__(
        self,
        message: str,
        *,
        permanent: bool = False,
        of_receiver: bool = True,
        retry_after: float | None = None,
        taken: str = "",
    ) -> None:
        super().__init__(message)
        self.permanent = permanent
        self.of_receiver = of_receiver
        self.retry_after = retry_after
        self.taken = taken

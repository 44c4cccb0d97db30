"""The mini-programs of a simulated world."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True)
class Page:
    """A page: how often it is entered first and seen later (weights), left (a share), how long it is read."""

    path: str
    entered: float
    seen: float
    exit_rate: float
    seconds: float
    alias: str = ""


DEFAULT_PAGES = (
    Page("pages/index/index", 60, 30, 0.38, 21, "首页"),
    Page("pages/list/list", 14, 26, 0.36, 17),
    Page("pages/detail/detail", 18, 24, 0.52, 41),
    Page("pages/search/search", 5, 10, 0.31, 15),
    Page("pages/checkout/index", 2, 8, 0.40, 62, "结算"),
    Page("pages/pay/result", 1, 6, 0.61, 19),
    Page("pages/mine/mine", 4, 7, 0.44, 24),
    Page("pages/help/help", 1, 2, 0.48, 55),
)


def many_pages(count: int) -> tuple[Page, ...]:
    """The usual pages and articles beside them: ``count`` in all, so that their report has several pages."""
    articles = (
        Page(
            f"pages/article/{number:03d}", 1.0, 12 / (number + 2), 0.35 + 0.3 * (number % 7) / 7, 30 + number
        )
        for number in range(1, max(1, count - len(DEFAULT_PAGES) + 1))
    )
    return (*DEFAULT_PAGES, *articles)[:count]


@dataclass(frozen=True, slots=True)
class SimulatedApp:
    """A mini-program and what is usual for it.

    ``users``: on an ordinary working day. ``created``: None where it is as old as the world.
    ``new_share`` and ``retention`` (of the next day) are shares of one, ``lost_ratio`` is per cent,
    ``seconds`` the time of one session. ``forbidden``: reports that the platform has no permission for.
    """

    id: int
    name: str = ""
    users: int = 2000
    created: date | None = None
    access_token: str = ""
    new_share: float = 0.35
    retention: float = 0.28
    lost_ratio: float = 26.8
    sessions_per_user: float = 1.4
    seconds: float = 54.0
    pages: tuple[Page, ...] = DEFAULT_PAGES
    forbidden: frozenset[str] = frozenset()

    def __post_init__(self) -> None:
        if not self.access_token:
            object.__setattr__(self, "access_token", f"45.simulated.{self.id}")

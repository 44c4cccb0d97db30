"""All pages of one request, and whether they can be believed."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass, field

from smartapp_watch.api.failure import one_line
from smartapp_watch.api.page import Line, Page
from smartapp_watch.metrics.observation import Observation


@dataclass(slots=True)
class Gathering:
    """The rows of one request as its pages come in.

    ``complaint``: why they cannot be believed as they are; empty where they can. ``short``: the only
    complaint is that fewer rows were served than the total promises, which a second, equal reading excuses.
    ``notes``: what is odd, but no reason for doubt.
    """

    lines: list[Line] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    whole: Observation | None = None
    received: int = 0
    complaint: str = ""
    short: bool = False
    _totals: set[int | None] = field(default_factory=set)
    _seen: set[Hashable] = field(default_factory=set)

    def take(self, page: Page | None) -> bool:
        """Add the next page; whether another one has to be asked for."""
        if page is None:
            self.complaint = "the answer has no list of rows"
            return False
        if not self.received:
            self.whole = page.whole
        self.lines += page.lines
        self.received += page.received
        self._totals.add(page.total)
        if len(self._totals) > 1:
            self.complaint = "its pages disagree about how many rows there are"
        elif twice := self._find_twice(page):
            self.complaint = f"a row is served twice ({twice})"
        elif page.total is None or self.received < page.total:
            if page.received:
                return True
            if page.total is not None:
                self.short = True
                self.complaint = f"of {page.total} rows only {self.received} were served"
        elif self.received > page.total:
            self.notes.append(f"{self.received} rows were served of {page.total}")
        return False

    def equals(self, other: Gathering) -> bool:
        """Whether both say the same."""
        return self.lines == other.lines and self._totals == other._totals and self.whole == other.whole

    def _find_twice(self, page: Page) -> str:
        for line in page.lines:
            for key in line.keys:
                if key in self._seen:
                    return _describe(key)
                self._seen.add(key)
        return ""

    @property
    def ignored(self) -> list[str]:
        """The periods, as written, of the rows that were not asked for or are cut."""
        return [line.ignored for line in self.lines if line.ignored]


def _describe(key: Hashable) -> str:
    parts = key if isinstance(key, tuple) else (key,)
    return one_line(" ".join(str(part) for part in parts if part), 80)

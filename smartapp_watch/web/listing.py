"""A long list, page by page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

from smartapp_watch.web.visit import Visit

_Item = TypeVar("_Item")


@dataclass(frozen=True, slots=True)
class Pager:
    """One page of a list: the ``number``-th of ``pages``, of so many ``items``; addresses of the others.

    ``first`` and ``last``: which of the items it shows, counted from 1.
    """

    number: int
    pages: int
    items: int
    first: int
    last: int
    before: str
    after: str

    def cut(self, items: Sequence[_Item]) -> Sequence[_Item]:
        """What of all the items this page shows."""
        return items[self.first - 1 : self.last]


def page_of(visit: Visit, items: int, size: int) -> Pager:
    """The page that was asked for, the nearest where there is no such."""
    pages = max(1, -(-items // size))
    asked = visit.query.get("page", "")
    number = min(max(1, int(asked)), pages) if asked.isdecimal() and len(asked) < 9 else 1  # noqa: PLR2004
    return Pager(
        number=number,
        pages=pages,
        items=items,
        first=(number - 1) * size + 1,
        last=min(number * size, items),
        before=visit.address(page=number - 1 if number > 2 else "") if number > 1 else "",  # noqa: PLR2004
        after=visit.address(page=number + 1) if number < pages else "",
    )

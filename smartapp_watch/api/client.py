"""Reads reports: every variant, every page, complete or not at all.

A query is answered by one Reading or by one ApiError. Each page is one call with its own deadline, and their
number is bounded, so a reading ends whatever the server does.
"""

from __future__ import annotations

import logging
import threading
from collections import Counter
from collections.abc import Mapping

from smartapp_watch.api.access_token import Token
from smartapp_watch.api.call import Caller
from smartapp_watch.api.decode import decode_page
from smartapp_watch.api.decode_cohort import merge_kinds
from smartapp_watch.api.decode_source import number_groups
from smartapp_watch.api.failure import one_line
from smartapp_watch.api.gathering import Gathering
from smartapp_watch.api.oauth import OAuth
from smartapp_watch.api.pace import Pace
from smartapp_watch.api.request import Request, requests_for
from smartapp_watch.api.transport import Transport
from smartapp_watch.errors import BadPayload
from smartapp_watch.metrics.observation import Observation, Query, Reading
from smartapp_watch.metrics.report import Layout

_LOG = logging.getLogger(__name__)
_MOST_PAGES = 1000


class Client:
    """The API at ``base_url``, for the whole process: one rate limit, safe to use from many threads.

    ``timeout`` bounds one attempt as a whole, ``deadline`` all ``attempts`` at one page; both in seconds.
    ``backoff``: the longest first pause between two attempts. ``stop``: once it is set, every call ends with
    Stopped, within half a second unless it is just connecting.

    The surroundings are not looked at: neither ``.netrc``, which would overwrite headers, nor
    ``REQUESTS_CA_BUNDLE``, nor the proxy variables. An operator's proxies come as ``proxies`` (scheme to
    URL; empty for a host that needs none), their certificates as ``verify`` (a file, or False).
    """

    def __init__(
        self,
        base_url: str,
        *,
        requests_per_second: float = 20,
        timeout: float = 10,
        deadline: float = 60,
        attempts: int = 4,
        stop: threading.Event | None = None,
        backoff: float = 1,
        proxies: Mapping[str, str] | None = None,
        verify: bool | str = True,
    ) -> None:
        stop = stop or threading.Event()
        self._transport = Transport(base_url, stop, proxies, verify)
        pace = Pace(requests_per_second, stop)
        self.oauth = OAuth(self._transport, pace, timeout)
        """The calls that bring tokens, in the same pace."""
        self._caller = Caller(
            self._transport,
            pace,
            timeout=timeout,
            deadline=deadline,
            attempts=attempts,
            backoff=backoff,
        )

    @property
    def calls(self) -> int:
        """HTTP requests sent so far."""
        return self._transport.calls

    @property
    def retries(self) -> int:
        """How many of them were another try at what had failed."""
        return self._caller.retries

    def read(self, query: Query, token: Token) -> Reading:
        """Everything that the API says to ``query``; every kind of ApiError, and Stopped.

        Rows of other periods than those asked for, and cut weeks, are left out and noted. ValueError where
        the query asks for several days of a report that is read a day at a time.
        """
        return _assemble(query, [self._read_request(query, each, token) for each in requests_for(query)])

    def close(self) -> None:
        """Close all connections."""
        self._transport.close()

    def _read_request(self, query: Query, request: Request, token: Token) -> Gathering:
        """All pages of one request, read a second time where the first cannot be believed."""
        first = self._gather(query, request, token)
        if not first.complaint:
            return first
        title = query.table.name
        _LOG.info("%s: %s; reading it again", title, first.complaint)
        second = self._gather(query, request, token)
        if not second.complaint:
            return second
        if first.short and second.short and first.equals(second):
            second.notes.append(second.complaint)
            return second
        raise BadPayload(one_line(f"{title}, read twice: {second.complaint}", 200))

    def _gather(self, query: Query, request: Request, token: Token) -> Gathering:
        gathering = Gathering()
        for _ in range(_MOST_PAGES):
            data = self._caller.fetch(request, gathering.received, token)
            page = decode_page(query, request, data, gathering.received)
            if not gathering.take(page) or not request.paged:
                return gathering
        raise BadPayload(f"{query.table.name}: more than {_MOST_PAGES} pages")


def _assemble(query: Query, gathered: list[Gathering]) -> Reading:
    report = query.table.report
    notes = [note for part in gathered for note in part.notes]
    match report.layout:
        case Layout.SOURCES:
            observations = tuple(each for part in gathered for each in number_groups(part.lines))
        case Layout.COHORTS:
            parts = [_observations(part) for part in gathered]
            observations = merge_kinds(parts)
            if len(observations) != min(map(len, parts)):
                notes.append("the readings of count and ratio do not hold the same cells")
        case _:
            observations = tuple(each for part in gathered for each in _observations(part))
    _refuse_twins(query, observations)
    return Reading(query, observations, (*notes, *_note_ignored(gathered)))


def _observations(gathering: Gathering) -> list[Observation]:
    found = [each for line in gathering.lines for each in line.observations]
    if found and gathering.whole is not None:
        found.append(gathering.whole)
    return found


def _refuse_twins(query: Query, observations: tuple[Observation, ...]) -> None:
    keys = Counter((each.period, each.dimensions) for each in observations)
    for (period, dimensions), times in keys.items():
        if times > 1:
            shown = one_line(" ".join(map(str, dimensions)), 100)
            raise BadPayload(f"{query.table.name}: {period} {shown} stands there {times} times")


def _note_ignored(gathered: list[Gathering]) -> tuple[str, ...]:
    ignored = sorted({written for part in gathered for written in part.ignored})
    if not ignored:
        return ()
    shown = one_line(", ".join(ignored[:3]), 100)
    return (f"{len(ignored)} rows of periods that were cut or not asked for are left out: {shown}",)

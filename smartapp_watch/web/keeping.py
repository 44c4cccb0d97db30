"""What takes a while to work out is worked out aside, once for everybody, and kept."""

from __future__ import annotations

import logging
import queue
import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from typing import Any, TypeVar

_Value = TypeVar("_Value")

_MOST = 200
"""Subjects that are kept; those that nobody asked for the longest go first."""

logger = logging.getLogger(__name__)


@dataclass(slots=True)
class _Job:
    """Something to work out; ``done`` also where it failed, and ``value`` then is None."""

    state: Hashable
    make: Callable[[], Any]
    value: Any = None
    done: threading.Event = field(default_factory=threading.Event)


class Keeper:
    """Works out one thing after another on a thread of its own, which ends with the process."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._lock = threading.Lock()
        self._jobs: queue.SimpleQueue[tuple[Hashable, _Job]] = queue.SimpleQueue()
        self._known: OrderedDict[Hashable, Any] = OrderedDict()
        self._under_way: dict[Hashable, _Job] = {}
        self._thread: threading.Thread | None = None

    def get(
        self, subject: Hashable, state: Hashable, make: Callable[[], _Value], patience: float
    ) -> _Value | None:
        """What ``make`` gives for a subject in that state.

        While it is worked out: what it gave for the state before; where there is none, after ``patience``
        seconds, None. None also where it failed, which the log then tells; it is tried anew by the next.
        """
        with self._lock:
            before: _Job | None = self._known.get(subject)
            if before is not None:
                self._known.move_to_end(subject)
                if before.state == state:
                    return before.value  # type: ignore[no-any-return]
            job = self._under_way.get(subject) or self._begin(subject, _Job(state, make))
        if before is None:
            job.done.wait(patience)
            before = job
        return before.value  # type: ignore[no-any-return]

    def _begin(self, subject: Hashable, job: _Job) -> _Job:
        self._under_way[subject] = job
        self._jobs.put((subject, job))
        if self._thread is None:
            self._thread = threading.Thread(target=self._work, name=self._name, daemon=True)
            self._thread.start()
        return job

    def _work(self) -> None:
        while True:
            subject, job = self._jobs.get()
            try:
                job.value = job.make()
            except Exception:
                logger.exception("what a page shows could not be worked out: %s", subject)
            with self._lock:
                del self._under_way[subject]
                if job.value is not None:
                    self._known[subject] = job
                    self._known.move_to_end(subject)
                    if len(self._known) > _MOST:
                        self._known.popitem(last=False)
            job.done.set()

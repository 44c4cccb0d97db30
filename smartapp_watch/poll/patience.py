"""How long one goes on asking what does not answer, or answers nonsense. Pure."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field

from smartapp_watch.errors import ApiError, BadPayload, NoRenewal, Refused, TokenRejected, Unavailable
from smartapp_watch.metrics.observation import Query

_IN_A_ROW = 20
_WITHOUT_ANY_ANSWER = 25
_SILENT_TABLES = 2
_BAD_SHAPES_OF_AN_APP = 2
_ALL_TABLES = ""


@dataclass(slots=True)
class Patience:
    """What failures spare: calls that would most likely fail in the same way. It lasts for one poll.

    A table that fails in a row, whomever it is asked of, is given up, and the others go on. ``given_up``:
    each such table, with the reason.
    """

    given_up: dict[str, str] = field(default_factory=dict)
    _given_up_of: set[tuple[int | None, str]] = field(default_factory=set)
    _unavailable: Counter[str] = field(default_factory=Counter)
    _misshapen: Counter[tuple[int | None, str]] = field(default_factory=Counter)
    _misshapen_of: defaultdict[str, set[int | None]] = field(default_factory=lambda: defaultdict(set))
    _answered: bool = False

    def is_out(self, query: Query) -> bool:
        """Whether there is no use in asking."""
        app_id, name = query.app_id, query.table.name
        if name in self.given_up:
            return True
        return (app_id, name) in self._given_up_of or (app_id, _ALL_TABLES) in self._given_up_of

    def is_at_its_end(self) -> bool:
        """Whether it is the API as a whole that does not answer."""
        silent = [name for name, times in self._unavailable.items() if times >= _IN_A_ROW]
        nothing_at_all = not self._answered and self._unavailable.total() >= _WITHOUT_ANY_ANSWER
        return nothing_at_all or len(silent) >= _SILENT_TABLES

    def see_answer(self, query: Query) -> None:
        """The query was answered as it should be."""
        name = query.table.name
        self._answered = True
        self._unavailable[name] = 0
        self._misshapen[query.app_id, name] = 0
        self._misshapen_of[name].clear()

    def see_failure(self, query: Query, error: ApiError) -> None:
        """Draw the consequences for the mini-program and the table."""
        name = query.table.name
        self._unavailable[name] = self._unavailable[name] + 1 if isinstance(error, Unavailable) else 0
        match error:
            case Unavailable() if self._unavailable[name] >= _IN_A_ROW:
                self.given_up[name] = f"{name} did not answer {_IN_A_ROW} times in a row: {error}"
            case BadPayload():
                self._see_bad_shape(query, error)
            case Refused():
                self._given_up_of.add((query.app_id, name))
            case TokenRejected() | NoRenewal():
                self._given_up_of.add((query.app_id, _ALL_TABLES))
            case _:
                pass

    def _see_bad_shape(self, query: Query, error: BadPayload) -> None:
        name = query.table.name
        self._misshapen[query.app_id, name] += 1
        self._misshapen_of[name].add(query.app_id)
        if self._misshapen[query.app_id, name] >= _BAD_SHAPES_OF_AN_APP:
            self._given_up_of.add((query.app_id, name))
        if len(self._misshapen_of[name]) >= _IN_A_ROW:
            self.given_up[name] = f"{name} cannot be read of {_IN_A_ROW} mini-programs in a row: {error}"

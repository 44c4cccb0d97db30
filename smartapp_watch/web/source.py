"""What the pages are read from: the settings as they are now, the time, and the history, read-only."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cached_property

from smartapp_watch.clock import Clock
from smartapp_watch.config.settings import AppSettings, WatchConfig
from smartapp_watch.evaluate import Scope
from smartapp_watch.history.database import History, open_history
from smartapp_watch.notify.page_templates import PageTemplates
from smartapp_watch.rules.rule import Rule
from smartapp_watch.watch import Watch
from smartapp_watch.web.keeping import Keeper


@dataclass
class Current:
    """What follows from one state of the settings; shared by threads, and not changed by them."""

    watch: Watch
    templates: PageTemplates

    @cached_property
    def apps(self) -> Mapping[int, AppSettings]:
        """Every mini-program that is watched, by its number."""
        return {each.app.id: each for each in self.watch.config.apps}

    @property
    def scope(self) -> Scope:
        """What is judged, for whom; how figures settle, as far as that was learned by now."""
        return replace(self._scope, horizon=self.watch.horizon)

    @cached_property
    def watched(self) -> Mapping[str, int]:
        """How many mini-programs each rule watches."""
        return {rule.name: len(self._scope.watched_by(rule)) for rule in self.watch.config.rules}

    @cached_property
    def tags(self) -> tuple[tuple[str, int], ...]:
        """Every tag, with how many mini-programs have it."""
        return tuple(sorted(Counter(tag for each in self.apps.values() for tag in each.app.tags).items()))

    @cached_property
    def _scope(self) -> Scope:
        return self.watch.scope

    @cached_property
    def rules(self) -> Mapping[str, Rule]:
        """Every rule, by its name."""
        return {rule.name: rule for rule in self.watch.config.rules}


class Source:
    """Where every page reads; for any number of threads.

    ``config``: gives the settings and rules that are in force, and is asked anew for each page. The watch
    and the templates made of them are the pages' own: nothing here is shared with the daemon's work.
    ``kept``: what took a moment to work out; ``replayed``: what takes minutes.
    """

    def __init__(self, config: Callable[[], WatchConfig], clock: Clock) -> None:
        self._config = config
        self._making = threading.Lock()
        self._current: Current | None = None
        self.clock = clock
        self.kept = Keeper("pages")
        self.replayed = Keeper("replays for pages")

    @property
    def current(self) -> Current:
        """What follows from the settings; made anew when they are others."""
        config = self._config()
        with self._making:
            if self._current is None or self._current.watch.config is not config:
                self._current = Current(Watch(config, self.clock), PageTemplates(config.templates))
            return self._current

    @contextmanager
    def reading(self) -> Iterator[History]:
        """The history for one page: opened by the thread that reads, and closed by it.

        HistoryError where it cannot be read.
        """
        with open_history(self.current.watch.config.history.path, read_only=True) as history:
            yield history

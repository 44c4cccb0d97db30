"""What people answer to alerts, by a button or on a page → acknowledgements and silences, each once."""

from __future__ import annotations

import logging
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from glob import escape

from smartapp_watch.acknowledge import acknowledge, show_anew
from smartapp_watch.alerts.alert import Alert
from smartapp_watch.alerts.silence import Matchers, Silence
from smartapp_watch.config.settings import WatchConfig
from smartapp_watch.history.database import History
from smartapp_watch.history.silences import Ack

_TWICE_WITHIN = timedelta(minutes=1)

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Answer:
    """Who answers, and when. ``via``: by what way, and from where. The caller opens the transaction."""

    config: WatchConfig
    by: str
    via: str
    at: datetime

    def acknowledge(self, history: History, alerts: Sequence[Alert], note: str = "") -> None:
        """They deal with these alerts; noted once, however often they say so.

        UsageError where one of them is not open.
        """
        known = history.silences.acks()
        for alert in alerts:
            if alert.id not in known or known[alert.id].by != self.by:
                acknowledge(history, Ack(alert.id, self.by, note, self.at, self.via), self._receivers)
        log.info(
            "%s acknowledged %s (%s)", self.by, ", ".join(f"alert {each.id}" for each in alerts), self.via
        )

    def silence(
        self, history: History, alerts: Sequence[Alert], lasts: timedelta, because: str
    ) -> list[Silence]:
        """A silence of each rule and mini-program among the alerts, where none lasts as long already."""
        known = {each.matchers: each for each in history.silences.not_over(self.at) if each.begins <= self.at}
        for alert in alerts:
            matchers = _matchers(alert)
            if matchers not in known or known[matchers].ends < self.at + lasts - _TWICE_WITHIN:
                silence = history.silences.add(
                    matchers, self.at, self.at + lasts, because, self.by, via=self.via
                )
                known[matchers] = silence
                until = silence.ends.isoformat()
                log.info("%s silenced %s until %s (%s)", self.by, matchers.words, until, self.via)
            silence = known[matchers]
            shown = f"{self.local(silence.ends)} · {silence.by}"
            name = f"silence/{silence.id}"
            show_anew(history, alert.id, name, self.at, self._receivers, silenced=shown)
        return [known[matchers] for matchers in dict.fromkeys(map(_matchers, alerts))]

    def local(self, moment: datetime) -> str:
        """A moment by the settings' clock."""
        return f"{moment.astimezone(self.config.timezone):%Y-%m-%d %H:%M}"

    @property
    def _receivers(self) -> Collection[str]:
        return frozenset(each.name for each in self.config.receivers)


def _matchers(alert: Alert) -> Matchers:
    """The rule and the mini-program of an alert."""
    return Matchers((escape(alert.rule),), () if alert.app_id is None else (str(alert.app_id),))

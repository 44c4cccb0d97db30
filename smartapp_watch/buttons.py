"""What people press in Slack → acknowledgements and silences, as if they had typed the command."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from glob import escape

from smartapp_watch.acknowledge import acknowledge, show_anew
from smartapp_watch.alerts.alert import OPEN, Alert, State
from smartapp_watch.alerts.silence import Matchers, Silence
from smartapp_watch.clock import Clock
from smartapp_watch.config.secret import Secret
from smartapp_watch.config.settings import SlackSettings, WatchConfig
from smartapp_watch.errors import WatchError
from smartapp_watch.history.database import History, open_history
from smartapp_watch.history.silences import Ack
from smartapp_watch.metrics.words import Language, Words
from smartapp_watch.notify.block_kit import mrkdwn
from smartapp_watch.notify.slack_buttons import Press
from smartapp_watch.notify.slack_socket import SlackSocket

_BECAUSE = "Slack"
_TWICE_WITHIN = timedelta(minutes=1)

_UNKNOWN = Words(
    "这里没有这条消息的记录，什么都没有改动。", "This message is not known here; nothing was changed."
)
_OVER = Words("告警已经结束，无需处理。", "It is over already; there is nothing to do.")
_ACKED = Words(
    "已记下由 {} 处理，消息稍后更新。", "Noted that {} deals with it; the message will show it soon."
)
_SILENCED = Words(
    "已静默至 {}：{}。到时若仍未恢复，会再通知。", "Silenced until {}: {}. What is still open then is told."
)
_FAILED = Words("没有记下，请查看服务日志：{}", "It could not be noted: {}")

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Buttons:
    """What the buttons of one Slack app do.

    ``languages``: of its receivers, by name. ``done``: called when there is something to show anew.
    """

    config: WatchConfig
    clock: Clock
    languages: Mapping[str, Language]
    done: Callable[[], object]

    def answer(self, press: Press) -> str:
        """Do what somebody pressed for; what to say to them. It is done once, however often they press."""
        language = next(iter(self.languages.values()))
        try:
            with open_history(self.config.history.path) as history, history.transaction():
                receiver, alerts = history.outbox.threads.told_at(press.message)
                language = self.languages.get(receiver, language)
                words = self._do(history, press, alerts, language) if receiver in self.languages else ""
        except WatchError as error:
            log.error("what %s pressed was not noted: %s", press.by, error)  # noqa: TRY400 - its text says it all
            return _FAILED.in_(language).format(error)
        self.done()
        return words or _UNKNOWN.in_(language)

    def _do(self, history: History, press: Press, numbers: tuple[int, ...], language: Language) -> str:
        found = map(history.alerts.alert, numbers)
        alerts = [each for each in found if each and each.state in OPEN and each.state is not State.PENDING]
        if not alerts:
            return _OVER.in_(language)
        if press.lasts is None:
            self._acknowledge(history, press, alerts)
            return _ACKED.in_(language).format(mrkdwn(press.by))
        silences = self._silence(history, press, press.lasts, alerts)
        subjects = dict.fromkeys(f"{each.rule} · {each.app_id or 'tp'}" for each in alerts)
        return _SILENCED.in_(language).format(max(map(self._local, silences)), mrkdwn("; ".join(subjects)))

    def _acknowledge(self, history: History, press: Press, alerts: list[Alert]) -> None:
        known = history.silences.acks()
        for alert in alerts:
            if alert.id not in known or known[alert.id].by != press.by:
                ack = Ack(alert.id, press.by, "", self.clock())
                acknowledge(history, ack, self._receivers)
        log.info("%s acknowledged %s", press.by, ", ".join(f"alert {each.id}" for each in alerts))

    def _silence(
        self, history: History, press: Press, lasts: timedelta, alerts: list[Alert]
    ) -> list[Silence]:
        """A silence of each rule and mini-program among the alerts, where none lasts as long already."""
        now = self.clock()
        known = {each.matchers: each for each in history.silences.not_over(now) if each.begins <= now}
        for alert in alerts:
            matchers = _matchers(alert)
            if matchers not in known or known[matchers].ends < now + lasts - _TWICE_WITHIN:
                silence = history.silences.add(matchers, now, now + lasts, _BECAUSE, press.by)
                known[matchers] = silence
                log.info("%s silenced %s until %s", press.by, matchers.words, silence.ends.isoformat())
            silence = known[matchers]
            shown = f"{self._local(silence)} · {silence.by}"
            name = f"silence/{silence.id}"
            show_anew(history, alert.id, name, now, self._receivers, silenced=shown)
        return [known[matchers] for matchers in dict.fromkeys(map(_matchers, alerts))]

    def _local(self, silence: Silence) -> str:
        """When it ends, by the settings' clock."""
        return f"{silence.ends.astimezone(self.config.timezone):%Y-%m-%d %H:%M}"

    @property
    def _receivers(self) -> frozenset[str]:
        return frozenset(each.name for each in self.config.receivers)


def _matchers(alert: Alert) -> Matchers:
    """The rule and the mini-program of an alert."""
    return Matchers((escape(alert.rule),), () if alert.app_id is None else (str(alert.app_id),))


def sockets(config: WatchConfig, clock: Clock, done: Callable[[], object]) -> list[SlackSocket]:
    """What listens for buttons, once for each Slack app that the receivers name."""
    apps: dict[tuple[Secret, str], list[SlackSettings]] = {}
    for settings in config.receivers:
        if isinstance(settings, SlackSettings) and settings.app_token is not None:
            apps.setdefault((settings.app_token, settings.api_url), []).append(settings)
    return [
        SlackSocket(
            ", ".join(each.name for each in receivers),
            token.reveal,
            api_url,
            Buttons(config, clock, {each.name: each.language for each in receivers}, done).answer,
        )
        for (token, api_url), receivers in apps.items()
    ]

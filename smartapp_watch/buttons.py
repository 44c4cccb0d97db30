"""What people press in Slack → acknowledgements and silences, as if they had typed the command."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from smartapp_watch.alerts.alert import OPEN, State
from smartapp_watch.answers import Answer
from smartapp_watch.clock import Clock
from smartapp_watch.config.secret import Secret
from smartapp_watch.config.settings import SlackSettings, WatchConfig
from smartapp_watch.errors import WatchError
from smartapp_watch.history.database import History, open_history
from smartapp_watch.metrics.words import Language, Words
from smartapp_watch.notify.block_kit import mrkdwn
from smartapp_watch.notify.slack_buttons import Press
from smartapp_watch.notify.slack_socket import SlackSocket

_BECAUSE = "Slack"

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
        answer = Answer(self.config, press.by, _BECAUSE, self.clock())
        if press.lasts is None:
            answer.acknowledge(history, alerts)
            return _ACKED.in_(language).format(mrkdwn(press.by))
        silences = answer.silence(history, alerts, press.lasts, _BECAUSE)
        subjects = dict.fromkeys(f"{each.rule} · {each.app_id or 'tp'}" for each in alerts)
        until = max(answer.local(each.ends) for each in silences)
        return _SILENCED.in_(language).format(until, mrkdwn("; ".join(subjects)))


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

"""The buttons under a message in Slack: how they are written, and what Slack says of one that was pressed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from smartapp_watch.alerts.grouping import MOST_ALONE, OVER
from smartapp_watch.alerts.notification import AlertNotice, GroupNotice, Notice
from smartapp_watch.metrics.words import Language, Words
from smartapp_watch.notify.block_kit import Block, context, mrkdwn
from smartapp_watch.notify.text import short

_ACKNOWLEDGE = "smartapp_watch.acknowledge"
_SILENCE = "smartapp_watch.silence"
_LASTS = {"1d": timedelta(days=1), "7d": timedelta(days=7)}
_NAME = 80

_ACKNOWLEDGE_WORDS = Words("我来处理", "Acknowledge")
_ACKNOWLEDGE_ALL_WORDS = Words("全部由我处理", "Acknowledge all")
_SILENCE_WORDS = Words("静默…", "Silence…")
_SILENCED_WORDS = Words(":no_bell: 已静默至 {}", ":no_bell: Silenced until {}")
_SOME_SILENCED_WORDS = Words(":no_bell: 其中有告警已静默至 {}", ":no_bell: Some are silenced until {}")
_LASTS_WORDS = {"1d": Words("静默 1 天", "for 1 day"), "7d": Words("静默 7 天", "for 7 days")}


@dataclass(frozen=True, slots=True)
class Press:
    """Somebody pressed a button.

    ``message``: of which message, as ``channel:ts``. ``by``: the name that Slack knows them by.
    ``lasts``: how long to silence; None for an acknowledgement. ``answer_to``: where an answer that only
    they see is posted to, a secret for half an hour.
    """

    message: str
    by: str
    lasts: timedelta | None
    answer_to: str = ""


def buttons(notice: Notice, language: Language) -> Block | None:
    """The block with what can be done about the alerts of a message; None where nothing can.

    Which alerts are meant is not in it: they are those that the message was sent for.
    """
    alerts = [alert for alert in alerts_of(notice) if alert.type not in OVER]
    elements: list[Block] = []
    if any(not alert.acked for alert in alerts):
        words = _ACKNOWLEDGE_WORDS if len(alerts) == 1 else _ACKNOWLEDGE_ALL_WORDS
        elements.append({"type": "button", "action_id": _ACKNOWLEDGE, "text": _plain(words, language)})
    if 1 <= len(alerts) <= MOST_ALONE:  # one press should not make a hundred silences
        elements.append(_silence(language))
    return {"type": "actions", "elements": elements} if elements else None


def silence_note(notice: Notice, language: Language) -> Block | None:
    """A line that says until when nothing more is told; None where that was asked for none of the alerts."""
    silenced = [short(alert.silenced, _NAME) for alert in alerts_of(notice) if alert.silenced]
    if not silenced:
        return None
    words = _SILENCED_WORDS if len(alerts_of(notice)) == 1 else _SOME_SILENCED_WORDS
    return context(words.in_(language).format(mrkdwn(max(silenced))))


def alerts_of(notice: Notice) -> tuple[AlertNotice, ...]:
    """The alerts that a notice is about; none where it is about something else."""
    match notice:
        case AlertNotice():
            return (notice,)
        case GroupNotice(alerts=alerts):
            return alerts
        case _:
            return ()


def read_press(payload: Mapping[str, Any]) -> Press | None:
    """What was pressed, from the payload of an interaction; None where it is none of these buttons."""
    try:
        (action,) = payload["actions"]
        message = f"{payload['container']['channel_id']}:{payload['container']['message_ts']}"
        if action["action_id"] not in (_ACKNOWLEDGE, _SILENCE):
            return None
        silences = action["action_id"] == _SILENCE
        lasts = _LASTS[action["selected_option"]["value"]] if silences else None
        user = payload["user"]
        name = short(str(user.get("name") or user.get("username") or user["id"]), _NAME)
    except (KeyError, ValueError, TypeError, AttributeError):
        return None
    return Press(message, name, lasts, str(payload.get("response_url") or ""))


def _silence(language: Language) -> Block:
    options = [{"text": _plain(words, language), "value": value} for value, words in _LASTS_WORDS.items()]
    return {
        "type": "static_select",
        "action_id": _SILENCE,
        "placeholder": _plain(_SILENCE_WORDS, language),
        "options": options,
    }


def _plain(words: Words, language: Language) -> Block:
    return {"type": "plain_text", "text": words.in_(language), "emoji": False}

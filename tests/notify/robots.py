"""Senders to robots and what they talk to."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from smartapp_watch.metrics.words import Language
from smartapp_watch.notify.render import Renderer
from smartapp_watch.notify.robot import ROBOTS, RobotSender
from smartapp_watch.simulator.inbox import RobotInbox

NOW = datetime(2026, 11, 23, 2, 7, 30, tzinfo=UTC)
KINDS = tuple(ROBOTS)
SIGNED = ("dingtalk", "feishu")
SECRET = "SEC0f1e2d3c4b5a-not-to-be-told"


def robot_inbox(kind: str, **changes: Any) -> RobotInbox:
    """A robot that wants its messages signed, if its platform knows that."""
    return RobotInbox(kind, lambda: NOW, **{"secret": SECRET if kind in SIGNED else ""} | changes)


def robot_sender(inbox: RobotInbox | str, kind: str, **changes: Any) -> RobotSender:
    """A sender to it, or to an address."""
    settings: dict[str, Any] = {
        "webhook_url": inbox if isinstance(inbox, str) else inbox.webhook_url,
        "clock": lambda: NOW,
        "secret": SECRET if kind in SIGNED else "",
        "timeout": 5,
    }
    return RobotSender("chat", Language.ZH, Renderer(), ROBOTS[kind], **settings | changes)

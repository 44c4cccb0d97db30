"""Where messages arrive in a demonstration or a test: Slack's side, a mail server's and robots'."""

from __future__ import annotations

from smartapp_watch.simulator.mail_inbox import Mail, MailInbox, MailTrouble
from smartapp_watch.simulator.robot_inbox import RobotInbox, RobotPost, RobotTrouble
from smartapp_watch.simulator.slack_inbox import PostedMessage, SlackInbox, SlackTrouble

__all__ = [
    "Mail",
    "MailInbox",
    "MailTrouble",
    "PostedMessage",
    "RobotInbox",
    "RobotPost",
    "RobotTrouble",
    "SlackInbox",
    "SlackTrouble",
]

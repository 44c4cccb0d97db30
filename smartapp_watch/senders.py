"""Receivers' settings → senders: each kind of receiver has its own way out."""

from __future__ import annotations

import time
from collections.abc import Callable

from smartapp_watch.clock import wall_clock
from smartapp_watch.config.settings import (
    AppriseSettings,
    EmailSettings,
    ReceiverSettings,
    RobotSettings,
    SlackSettings,
    WebhookSettings,
)
from smartapp_watch.notify.apprise import AppriseSender
from smartapp_watch.notify.email import EmailSender
from smartapp_watch.notify.render import Renderer
from smartapp_watch.notify.robot import ROBOTS, RobotSender
from smartapp_watch.notify.slack import SlackSender
from smartapp_watch.notify.webhook import WebhookSender

Sender = SlackSender | EmailSender | RobotSender | WebhookSender | AppriseSender


def make_sender(
    settings: ReceiverSettings, renderer: Renderer, wait: Callable[[float], object] = time.sleep
) -> Sender:
    """The sender of a receiver, its secrets read now; ConfigError where one cannot be read.

    ``wait``: waits so many seconds; true where the process is to end.
    """
    match settings:
        case SlackSettings():
            return _slack(settings, renderer, wait)
        case EmailSettings():
            return _email(settings, renderer)
        case RobotSettings():
            return RobotSender(
                settings.name,
                settings.language,
                renderer,
                ROBOTS[settings.kind],
                webhook_url=settings.webhook_url.reveal(),
                secret=settings.secret.reveal() if settings.secret else "",
                clock=wall_clock,
            )
        case WebhookSettings():
            return WebhookSender(
                settings.name,
                settings.language,
                renderer,
                url=settings.url.reveal(),
                secret=settings.secret.reveal() if settings.secret else "",
                clock=wall_clock,
            )
        case AppriseSettings():
            urls = tuple(url.reveal() for url in settings.urls)
            return AppriseSender(settings.name, settings.language, renderer, urls=urls)


def _slack(settings: SlackSettings, renderer: Renderer, wait: Callable[[float], object]) -> SlackSender:
    return SlackSender(
        settings.name,
        settings.language,
        renderer,
        channel=settings.channel,
        token=settings.token.reveal() if settings.token else "",
        webhook_url=settings.webhook_url.reveal() if settings.webhook_url else "",
        api_url=settings.api_url,
        has_buttons=settings.app_token is not None,
        wait=wait,
    )


def _email(settings: EmailSettings, renderer: Renderer) -> EmailSender:
    return EmailSender(
        settings.name,
        settings.language,
        renderer,
        host=settings.host,
        port=settings.port,
        security=settings.security,
        username=settings.username,
        password=settings.password.reveal() if settings.password else "",
        sender=settings.sender,
        to=settings.to,
    )

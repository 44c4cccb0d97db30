"""A digest as one page that needs nothing else: no mail program, no network, no file beside it."""

from __future__ import annotations

from base64 import b64encode

from smartapp_watch.alerts.notification import DigestNotice
from smartapp_watch.metrics.words import Language
from smartapp_watch.notify.message import Attachment
from smartapp_watch.notify.preview_files import page
from smartapp_watch.notify.render import Renderer


def export(renderer: Renderer, notice: DigestNotice, language: Language) -> str:
    """The HTML of a digest's mail, its pictures and the table of all mini-programs in the page itself."""
    mail = renderer.mail(notice, language, alone=True)
    html = page(mail)
    for attachment in mail.attachments:
        html = html.replace(f'"cid:{attachment.name}"', f'"{_data_address(attachment)}"')
    return html


def _data_address(attachment: Attachment) -> str:
    return f"data:{attachment.media_type};base64,{b64encode(attachment.content).decode()}"

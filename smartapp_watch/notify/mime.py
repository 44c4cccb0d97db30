"""A mail as it goes over the wire: what programs read in its headers, and the parts that it is made of."""

from __future__ import annotations

from collections.abc import Sequence
from email.header import Header
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP, EmailPolicy
from email.utils import format_datetime, parseaddr
from hashlib import sha256
from typing import Any
from urllib.parse import quote

from smartapp_watch.alerts.notification import Kind, Notification
from smartapp_watch.notify.message import Attachment, MailMessage, Picture
from smartapp_watch.notify.text import one_line

_SUBJECT = "Subject"
_LINE = 76

_LONGEST_DOMAIN = 32
"""Longer message ids than 60 characters are broken by Python's folding of headers, and so are the threads."""


class _Policy(EmailPolicy):
    """How mails are written, with subjects that arrive as they are.

    Python's own way takes what looks encoded in a subject for encoded: a name could hold a line break like
    that, and begin a header of its own. And between Chinese and English it adds spaces.
    """

    def header_store_parse(self, name: str, value: Any) -> tuple[str, Any]:
        """A subject is kept as the text that it is."""
        return (name, value) if name == _SUBJECT else super().header_store_parse(name, value)

    def fold_binary(self, name: str, value: Any) -> bytes:
        """A subject is written as one text, encoded as a whole where it has to be."""
        if name != _SUBJECT:
            return super().fold_binary(name, value)
        plain = value.isascii() and "=?" not in value and max(map(len, value.split()), default=0) < _LINE // 2
        text = Header(value, "us-ascii" if plain else "utf-8", _LINE, name)
        return f"{name}: {text.encode(linesep=self.linesep)}{self.linesep}".encode("ascii")


_POLICY = _Policy(linesep=SMTP.linesep, cte_type="7bit")
"""Text as base64 or quoted-printable: not every server takes eight bits."""


def compose(notification: Notification, mail: MailMessage, sender: str, to: Sequence[str]) -> EmailMessage:
    """The mail of a notification; ValueError or IndexError where an address cannot be read.

    Its Message-ID follows from the notification's key: sent again, it is the same mail. All mails of a thread
    name the same root, which never was a mail itself, so that it does not matter which of them arrived.
    """
    domain = _domain(sender)
    message = EmailMessage(policy=_POLICY)
    message["From"] = sender
    message["To"] = ", ".join(to)
    message[_SUBJECT] = one_line(mail.subject)
    message["Date"] = format_datetime(notification.tried_at or notification.created_at)
    message["Message-ID"] = _id(notification.key, domain)
    if notification.kind in (Kind.ALERT, Kind.GROUP):
        thread = notification.thread.key if notification.thread else notification.key
        message["In-Reply-To"] = message["References"] = _id(f"thread|{thread}", domain)
    message["List-Id"] = f"<smartapp-watch.{domain}>"
    if unsubscribe := _unsubscribe(parseaddr(sender)[1]):
        message["List-Unsubscribe"] = unsubscribe
    message["Auto-Submitted"] = "auto-generated"
    message["X-Auto-Response-Suppress"] = "All"
    _fill(message, mail, domain)
    return message


def _fill(message: EmailMessage, mail: MailMessage, domain: str) -> None:
    """Text or HTML, the HTML with its pictures; and beside them the attachments, where there are any."""
    message.set_content(mail.text)
    message.add_alternative(_with_whole_ids(mail.html, mail.pictures, domain), subtype="html")
    if mail.pictures:
        page = message.get_body(("html",))
        assert isinstance(page, EmailMessage)  # noqa: S101 - it was added a moment ago
        for picture in mail.pictures:
            page.add_related(
                picture.png,
                "image",
                "png",
                cid=f"<{picture.name}@{domain}>",
                filename=picture.name,
                disposition="inline",
            )
        page.set_param("type", "text/html")
    for attachment in mail.attachments:
        _attach(message, attachment)


def _with_whole_ids(html: str, pictures: Sequence[Picture], domain: str) -> str:
    """A template knows a picture's name; the id that a mail program looks it up by has a domain as well."""
    for picture in pictures:
        html = html.replace(f'"cid:{picture.name}"', f'"cid:{picture.name}@{domain}"')
    return html


def _attach(message: EmailMessage, attachment: Attachment) -> None:
    main, _, sub = attachment.media_type.partition("/")
    parameters = {"charset": "utf-8"} if main == "text" else {}
    message.add_attachment(
        attachment.content, maintype=main, subtype=sub, filename=one_line(attachment.name), params=parameters
    )


def _domain(sender: str) -> str:
    """The domain that ids end with: the sender's, or a short stand-in where it is too long."""
    try:
        domain = Address(addr_spec=parseaddr(sender)[1]).domain.encode("idna").decode()
    except (ValueError, IndexError, UnicodeError):
        domain = ""
    return domain if 0 < len(domain) <= _LONGEST_DOMAIN else "smartapp-watch.invalid"


def _id(key: str, domain: str) -> str:
    return f"<{sha256(key.encode('utf-8', 'replace')).hexdigest()[:24]}@{domain}>"


def _unsubscribe(address: str) -> str:
    """How to stop it: by mail to the sender, as there is no page to open; empty where that is too long."""
    link = f"<mailto:{quote(address, safe='@+')}?subject=unsubscribe>"
    return link if len(link) <= _LINE else ""

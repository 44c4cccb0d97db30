"""Mail by SMTP: text and HTML that say the same, in threads that hold."""

from __future__ import annotations

import logging
import smtplib
import ssl
from base64 import b64encode
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, parseaddr
from hashlib import sha256

from smartapp_watch.alerts.notification import AlertNotice, Notification
from smartapp_watch.errors import DeliveryError
from smartapp_watch.metrics.words import Language
from smartapp_watch.notify.render import Renderer
from smartapp_watch.notify.text import one_line, short

log = logging.getLogger(__name__)

_POLICY = SMTP.clone(cte_type="7bit")
"""Text as base64 or quoted-printable: not every server takes eight bits."""

_LONGEST_DOMAIN = 32
"""Longer message ids than 60 characters are broken by Python's folding of headers, and so are the threads."""

_PERMANENT = 500
_TOO_LARGE = 552
_WORDS = 200


class EmailSender:
    """Sends mails to a list of addresses.

    ``security``: ``starttls`` and ``tls`` verify the server's certificate and never fall back to clear text;
    ``none`` is for a server on the same machine. ``sender``: an address, with a name or without.
    """

    def __init__(
        self,
        name: str,
        language: Language,
        renderer: Renderer,
        *,
        host: str,
        port: int,
        security: str,
        username: str,
        password: str,
        sender: str,
        to: tuple[str, ...],
        timeout: int = 30,
    ) -> None:
        self.name = name
        self._language = language
        self._renderer = renderer
        self._host = host
        self._port = port
        self._security = security
        self._username = username
        self._password = password
        self._sender = sender
        self._to = to
        self._timeout = timeout

    def send(self, notification: Notification) -> str:
        """Send it; its Message-ID, the same each time. DeliveryError where no recipient was accepted."""
        message = self._message(notification)
        mail = message.as_bytes()
        try:
            self._deliver(mail)
        except smtplib.SMTPRecipientsRefused as error:
            raise self._all_refused(error) from None
        except smtplib.SMTPResponseException as error:
            raise self._answered(error) from None
        except smtplib.SMTPNotSupportedError as error:
            raise self._failed(error, permanent=True) from None
        except (OSError, smtplib.SMTPException) as error:
            raise self._failed(error, permanent=False) from None
        except ValueError:
            raise self._failed("an address or the server's name cannot be used", permanent=True) from None
        return str(message["Message-ID"])

    def _message(self, notification: Notification) -> EmailMessage:
        rendered = self._renderer.mail(notification.notice, notification.language(self._language))
        domain = _domain(self._sender)
        message = EmailMessage(policy=_POLICY)
        try:
            message["From"] = self._sender
            message["To"] = ", ".join(self._to)
        except (ValueError, IndexError):
            raise self._failed("an address cannot be read", permanent=True) from None
        message["Subject"] = one_line(rendered.subject)
        message["Date"] = format_datetime(notification.created_at)
        message["Message-ID"] = _message_id(notification.key, domain)
        if isinstance(notification.notice, AlertNotice):
            root = _message_id(_thread(notification.notice), domain)
            message["In-Reply-To"] = root
            message["References"] = root
        message["List-Id"] = f"<smartapp-watch.{domain}>"
        message["Auto-Submitted"] = "auto-generated"
        message["X-Auto-Response-Suppress"] = "All"
        message.set_content(rendered.text)
        message.add_alternative(rendered.html, subtype="html")
        return message

    def _deliver(self, mail: bytes) -> None:
        smtp = self._connect()
        try:
            if self._username:
                smtp.login(self._username, self._password)
            recipients = [address for _, address in map(parseaddr, self._to)]
            refused = smtp.sendmail(parseaddr(self._sender)[1], recipients, mail)
        except BaseException:
            smtp.close()
            raise
        for address, answer in refused.items():
            log.warning("%s: %s was refused, the others were not: %s", self.name, address, _said(answer))
        _say_goodbye(smtp)

    def _connect(self) -> smtplib.SMTP:
        if self._security == "tls":
            context = ssl.create_default_context()
            return smtplib.SMTP_SSL(self._host, self._port, timeout=self._timeout, context=context)
        smtp = smtplib.SMTP(self._host, self._port, timeout=self._timeout)
        if self._security == "starttls":
            try:
                smtp.starttls(context=ssl.create_default_context())
                smtp.ehlo()
            except BaseException:
                smtp.close()
                raise
        return smtp

    def _all_refused(self, error: smtplib.SMTPRecipientsRefused) -> DeliveryError:
        """Permanent only where every single answer is: a server that greylists takes it later."""
        answers = error.recipients
        words = "; ".join(f"{address}: {_said(answer)}" for address, answer in answers.items())
        permanent = all(code >= _PERMANENT for code, _ in answers.values())
        return self._failed(f"every recipient was refused: {words}", permanent=permanent, of_receiver=False)

    def _answered(self, error: smtplib.SMTPResponseException) -> DeliveryError:
        """What was said to the mail itself is about this one; all else any mail would hear."""
        words = _said((error.smtp_code, error.smtp_error))
        of_mail = isinstance(error, smtplib.SMTPDataError) or error.smtp_code == _TOO_LARGE
        return self._failed(words, permanent=error.smtp_code >= _PERMANENT, of_receiver=not of_mail)

    def _failed(self, what: Exception | str, *, permanent: bool, of_receiver: bool = True) -> DeliveryError:
        words = str(what) or type(what).__name__
        for secret in (self._password, b64encode(self._password.encode()).decode()):
            words = words.replace(secret, "…") if secret else words
        text = f"{self._host}: {short(words, _WORDS)}"
        return DeliveryError(text, permanent=permanent, of_receiver=of_receiver)


def _say_goodbye(smtp: smtplib.SMTP) -> None:
    """The mail is accepted: whatever happens from now on does not make it unsent."""
    try:
        smtp.quit()
    except (OSError, smtplib.SMTPException):
        smtp.close()


def _said(answer: tuple[int, bytes | str]) -> str:
    code, words = answer
    text = words.decode("utf-8", "replace") if isinstance(words, bytes) else words
    return short(f"{code} {text}", _WORDS)


def _domain(sender: str) -> str:
    """The domain that message ids end with: the sender's, or a short stand-in where it is too long."""
    try:
        domain = Address(addr_spec=parseaddr(sender)[1]).domain.encode("idna").decode()
    except (ValueError, IndexError, UnicodeError):
        domain = ""
    return domain if 0 < len(domain) <= _LONGEST_DOMAIN else "smartapp-watch.invalid"


def _message_id(key: str, domain: str) -> str:
    return f"<{sha256(key.encode('utf-8', 'replace')).hexdigest()[:24]}@{domain}>"


def _thread(notice: AlertNotice) -> str:
    """What all messages of one episode have in common; the mail that it names as their root never existed."""
    place = "&".join(f"{name}={value}" for name, value in notice.dimensions)
    return f"thread|{notice.rule}|{notice.app_id}|{place}|{notice.since}"

"""Mail by SMTP: text and HTML that say the same, in threads that hold."""

from __future__ import annotations

import smtplib
import ssl
from base64 import b64encode
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from email.message import EmailMessage
from email.utils import parseaddr
from typing import TypeVar

from smartapp_watch.alerts.notification import Notification
from smartapp_watch.errors import DeliveryError
from smartapp_watch.metrics.words import Language
from smartapp_watch.notify.mime import compose
from smartapp_watch.notify.render import Renderer
from smartapp_watch.notify.text import short

_PERMANENT = 500
_TOO_LARGE = 552
_WORDS = 200

_Answer = TypeVar("_Answer")

Refused = Mapping[str, tuple[int, bytes]]
"""Recipients that a mail was not taken for, with the server's answer."""


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
        """Send it; its Message-ID, the same each time. DeliveryError where a recipient did not get it.

        Those who got it at an earlier try are left out.
        """
        message = self._message(notification)
        got = notification.taken.split()
        missing = [address for address in self._addresses if address not in got]
        try:
            refused = self._deliver(message.as_bytes(), missing) if missing else {}
            got += [address for address in missing if address not in refused]
        except smtplib.SMTPRecipientsRefused as error:
            refused = error.recipients
        if refused:
            raise self._refused(refused, got)
        return str(message["Message-ID"])

    def probe(self) -> str:
        """Connect and log in, and send nothing; in words what that showed. DeliveryError where it failed."""
        self._talk(smtplib.SMTP.noop)
        return f"{self._host} lets {self._username} in" if self._username else f"{self._host} answers"

    @property
    def _addresses(self) -> list[str]:
        return list(dict.fromkeys(address for _, address in map(parseaddr, self._to)))

    def _message(self, notification: Notification) -> EmailMessage:
        language = notification.language(self._language)
        mail = self._renderer.mail(notification.notice, language)
        if notification.thread:  # programs that thread by subject want that of the mail that began it
            opening = self._renderer.subject(notification.thread.opening, language)
            mail = replace(mail, subject=f"Re: {opening}")
        try:
            return compose(notification, mail, self._sender, self._to)
        except (ValueError, IndexError):
            raise self._failed("an address cannot be read", permanent=True) from None

    def _deliver(self, mail: bytes, recipients: Sequence[str]) -> Refused:
        """Hand the mail over; what was said to those recipients that it was not taken for."""
        return self._talk(lambda smtp: smtp.sendmail(parseaddr(self._sender)[1], recipients, mail))

    def _talk(self, say: Callable[[smtplib.SMTP], _Answer]) -> _Answer:
        """Connect, log in, ``say`` something and hang up; SMTPRecipientsRefused, else DeliveryError."""
        try:
            smtp = self._connect()
            try:
                if self._username:
                    smtp.login(self._username, self._password)
                answer = say(smtp)
            except BaseException:
                smtp.close()
                raise
        except smtplib.SMTPRecipientsRefused:
            raise
        except smtplib.SMTPResponseException as error:
            raise self._answered(error) from None
        except smtplib.SMTPNotSupportedError as error:
            raise self._failed(error, permanent=True) from None
        except (OSError, smtplib.SMTPException) as error:
            raise self._failed(error, permanent=False) from None
        except ValueError:
            raise self._failed("an address or the server's name cannot be used", permanent=True) from None
        _say_goodbye(smtp)
        return answer

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

    def _refused(self, answers: Refused, got: Sequence[str]) -> DeliveryError:
        """Permanent only where every single answer is: a server that greylists takes it later."""
        said = "; ".join(f"{address}: {_said(answer)}" for address, answer in answers.items())
        permanent = all(code >= _PERMANENT for code, _ in answers.values())
        words = f"refused for {len(answers)} of {len(self._addresses)} recipients: {said}"
        return self._failed(words, permanent=permanent, of_receiver=False, taken=" ".join(got))

    def _answered(self, error: smtplib.SMTPResponseException) -> DeliveryError:
        """What was said to the mail itself is about this one; all else any mail would hear."""
        words = _said((error.smtp_code, error.smtp_error))
        of_mail = isinstance(error, smtplib.SMTPDataError) or error.smtp_code == _TOO_LARGE
        return self._failed(words, permanent=error.smtp_code >= _PERMANENT, of_receiver=not of_mail)

    def _failed(
        self, what: Exception | str, *, permanent: bool, of_receiver: bool = True, taken: str = ""
    ) -> DeliveryError:
        words = str(what) or type(what).__name__
        for secret in (self._password, b64encode(self._password.encode()).decode()):
            words = words.replace(secret, "…") if secret else words
        text = f"{self._host}: {short(words, _WORDS)}"
        return DeliveryError(text, permanent=permanent, of_receiver=of_receiver, taken=taken)


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

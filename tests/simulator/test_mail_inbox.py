from __future__ import annotations

import smtplib
import socket
from collections.abc import Iterator
from contextlib import closing
from email import message_from_bytes, policy
from email.message import EmailMessage

import pytest

from smartapp_watch.simulator.inbox import MailInbox, MailTrouble

_TO = ["growth@example.com", "ops@example.com"]
_FROM = "watch@example.com"


@pytest.fixture
def inbox() -> Iterator[MailInbox]:
    with MailInbox(refused=frozenset({"nobody@example.com"}), largest=100_000) as inbox:
        yield inbox


@pytest.fixture
def client(inbox: MailInbox) -> Iterator[smtplib.SMTP]:
    with closing(smtplib.SMTP(inbox.host, inbox.port, timeout=5)) as client:
        yield client


def _mail(text: str = "3 of 42 mini-programs need a look.\n") -> EmailMessage:
    mail = EmailMessage(policy=policy.SMTP)
    mail["Subject"], mail["From"], mail["To"] = "第47周", _FROM, ", ".join(_TO)
    mail.set_content(text)
    return mail


def test_a_mail_arrives_with_its_envelope(inbox: MailInbox, client: smtplib.SMTP) -> None:
    assert client.send_message(_mail()) == {}
    (mail,) = inbox.mails
    assert (mail.sender, mail.recipients) == (_FROM, tuple(_TO))
    parsed = message_from_bytes(mail.content, policy=policy.default)
    assert parsed["Subject"] == "第47周"
    assert parsed.get_content() == "3 of 42 mini-programs need a look.\r\n"
    assert client.quit()[0] == 221


def test_lines_that_begin_with_a_dot_survive(inbox: MailInbox, client: smtplib.SMTP) -> None:
    client.send_message(_mail(".\n..two\n.one\nend\n"))
    parsed = message_from_bytes(inbox.mails[0].content, policy=policy.default)
    assert parsed.get_content().splitlines() == [".", "..two", ".one", "end"]


def test_it_says_what_it_can(client: smtplib.SMTP) -> None:
    client.ehlo()
    assert client.esmtp_features == {"size": "100000", "8bitmime": ""}
    assert client.noop()[0] == 250
    assert client.docmd("VRFY", "somebody")[0] == 502


def test_two_mails_can_go_through_one_connection(inbox: MailInbox, client: smtplib.SMTP) -> None:
    client.send_message(_mail("one"))
    client.send_message(_mail("two"))
    assert [b"one" in mail.content for mail in inbox.mails] == [True, False]


def test_an_unknown_recipient_does_not_cost_the_others_their_mail(
    inbox: MailInbox, client: smtplib.SMTP
) -> None:
    refused = client.send_message(_mail(), to_addrs=[*_TO, "nobody@example.com"])
    assert {address: code for address, (code, _) in refused.items()} == {"nobody@example.com": 550}
    assert inbox.mails[0].recipients == tuple(_TO)
    with pytest.raises(smtplib.SMTPRecipientsRefused):
        client.send_message(_mail(), to_addrs=["nobody@example.com"])
    assert len(inbox.mails) == 1


@pytest.mark.parametrize(
    ("trouble", "error"),
    [
        (MailTrouble("MAIL", 451), smtplib.SMTPSenderRefused),
        (MailTrouble("DATA", 554), smtplib.SMTPDataError),
        (MailTrouble("CONTENT", 452), smtplib.SMTPDataError),
        (MailTrouble("CONTENT", 550, "looks like spam"), smtplib.SMTPDataError),
    ],
)
def test_trouble_comes_once_at_its_command(
    inbox: MailInbox, client: smtplib.SMTP, trouble: MailTrouble, error: type[smtplib.SMTPResponseException]
) -> None:
    inbox.trouble_next(trouble)
    with pytest.raises(error) as caught:
        client.send_message(_mail())
    assert (caught.value.smtp_code, caught.value.smtp_error) == (trouble.code, trouble.text.encode())
    assert inbox.mails == []
    client.send_message(_mail())
    assert len(inbox.mails) == 1


def test_a_recipient_can_be_put_off(inbox: MailInbox, client: smtplib.SMTP) -> None:
    inbox.trouble_next(MailTrouble("RCPT", 450, "greylisted"))
    assert client.send_message(_mail()) == {_TO[0]: (450, b"greylisted")}


def test_a_greylisted_recipient_is_taken_later(inbox: MailInbox, client: smtplib.SMTP) -> None:
    inbox.greylisted = frozenset({"new@example.com"})
    client.mail("watch@example.com")
    assert client.rcpt("new@example.com")[0] == 451
    inbox.greylisted = frozenset()
    assert client.rcpt("new@example.com")[0] == 250


def test_the_server_can_be_busy_at_the_door(inbox: MailInbox) -> None:
    inbox.trouble_next(MailTrouble("CONNECT", 421))
    with pytest.raises(smtplib.SMTPConnectError):
        smtplib.SMTP(inbox.host, inbox.port, timeout=5)


def test_the_server_can_hang_up_after_it_took_the_mail(inbox: MailInbox, client: smtplib.SMTP) -> None:
    inbox.trouble_next(MailTrouble("CONTENT", 0))
    with pytest.raises(smtplib.SMTPServerDisconnected):
        client.send_message(_mail())
    assert len(inbox.mails) == 1


def test_a_mail_that_is_too_large_is_refused_before_and_after_it_was_sent(
    inbox: MailInbox, client: smtplib.SMTP
) -> None:
    large = "x" * 70 + "\n"
    with pytest.raises(smtplib.SMTPSenderRefused) as caught:
        client.send_message(_mail(large * 1500))
    assert caught.value.smtp_code == 552
    client.ehlo()
    client.mail(_FROM)
    client.rcpt(_TO[0])
    assert client.data(large * 1500)[0] == 552


def test_a_line_longer_than_the_standard_allows_is_refused(inbox: MailInbox, client: smtplib.SMTP) -> None:
    with pytest.raises(smtplib.SMTPDataError) as caught:
        client.sendmail(_FROM, _TO, b"Subject: long\r\n\r\n" + b"x" * 999 + b"\r\n")
    assert caught.value.smtp_code == 500
    client.sendmail(_FROM, _TO, b"Subject: just right\r\n\r\n" + b"x" * 998 + b"\r\n")
    assert len(inbox.mails) == 1


def test_the_order_of_commands_is_kept(client: smtplib.SMTP) -> None:
    client.ehlo()
    assert client.docmd("RCPT", "TO:<a@example.com>")[0] == 503
    assert client.docmd("DATA")[0] == 503
    assert client.docmd("MAIL", "FROM:a@example.com")[0] == 501
    assert client.mail(_FROM)[0] == 250
    assert client.rset()[0] == 250
    assert client.docmd("RCPT", "TO:<a@example.com>")[0] == 503


def test_what_a_client_did_not_finish_is_not_kept(inbox: MailInbox) -> None:
    with socket.create_connection((inbox.host, inbox.port), timeout=5) as connection:
        connection.sendall(
            b"EHLO a\r\nMAIL FROM:<a@example.com>\r\nRCPT TO:<b@example.com>\r\nDATA\r\nSubject: half\r\n"
        )
        connection.recv(1)
    with closing(smtplib.SMTP(inbox.host, inbox.port, timeout=5)) as client:
        client.noop()
    assert inbox.mails == []

"""Mails over real SMTP on loopback."""

from __future__ import annotations

import re
import socket
from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest

from smartapp_watch.alerts.alert import EventType
from smartapp_watch.alerts.notification import Notification, Thread
from smartapp_watch.errors import DeliveryError
from smartapp_watch.metrics.words import Language
from smartapp_watch.notify.email import EmailSender
from smartapp_watch.notify.examples import example_alert
from smartapp_watch.notify.examples_digests import example_digest
from smartapp_watch.notify.examples_groups import example_app_group
from smartapp_watch.notify.render import Renderer
from tests.notify.conftest import HERE, PASSWORD, FakeMailServer
from tests.notify.mail_limits import body_of, faults, tree

Mailer = Callable[..., EmailSender]
Notify = Callable[..., Notification]


def test_a_mail_arrives_with_both_parts_and_its_chinese_whole(
    mail_server: FakeMailServer, mailer: Mailer, notify: Notify
) -> None:
    mailer(mail_server.port).send(notify())
    mail = mail_server.mails[0]
    assert mail["Subject"] == "云上生鲜：页面退出率上升 · pages/checkout/pay（支付页）"
    assert tree(mail) == ("alternative", "text/plain", ("related", "text/html", "image/png"))
    assert re.search("往常周日 +39.6%", body_of(mail, "plain"))
    assert "往常周日" in body_of(mail, "html")
    assert faults(mail_server.raw[0]) == []
    assert mail_server.recipients == [["growth@example.com"]]


def test_a_digest_arrives_too(mail_server: FakeMailServer, mailer: Mailer, notify: Notify) -> None:
    mailer(mail_server.port).send(notify(example_digest(Language.ZH), "digest|weekly|2026-W47"))
    mail = mail_server.mails[0]
    assert mail["Subject"] == "第47周：7 个小程序中 3 个需关注 · 11月16日–22日"
    assert mail["References"] is None
    assert next(mail.iter_attachments()).get_content_type() == "text/csv"
    assert faults(mail_server.raw[0]) == []


def test_the_mail_says_that_a_machine_sent_it_and_when(
    mail_server: FakeMailServer, mailer: Mailer, notify: Notify
) -> None:
    mailer(mail_server.port).send(notify())
    mail = mail_server.mails[0]
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["X-Auto-Response-Suppress"] == "All"
    assert mail["List-Id"] == "<smartapp-watch.example.com>"
    assert mail["Date"] == "Mon, 23 Nov 2026 09:30:00 +0800"


def test_every_line_on_the_wire_is_short_and_plain_ascii(
    mail_server: FakeMailServer, mailer: Mailer, notify: Notify
) -> None:
    notice = replace(example_alert(EventType.FIRE, Language.ZH), description="长" * 3000)
    mailer(mail_server.port).send(notify(notice))
    raw = mail_server.raw[0]
    assert raw.isascii()
    assert max(map(len, raw.split(b"\r\n"))) <= 78


def test_lines_that_are_short_already_are_plain_ascii_too(
    mail_server: FakeMailServer, mailer: Mailer, notify: Notify, tmp_path: Path
) -> None:
    (tmp_path / "email").mkdir()
    text = "{% block subject %}告警{% endblock %}{% block body %}已恢复{% endblock %}"
    (tmp_path / "email/alert.zh.txt.j2").write_text(text)
    (tmp_path / "email/alert.zh.html.j2").write_text("<p>已恢复</p>")
    mailer(mail_server.port, renderer=Renderer(tmp_path)).send(notify())
    assert mail_server.raw[0].isascii()
    assert body_of(mail_server.mails[0], "plain").strip() == "已恢复"


def test_sending_again_gives_the_same_message_id(
    mail_server: FakeMailServer, mailer: Mailer, notify: Notify
) -> None:
    sender = mailer(mail_server.port)
    first, again = sender.send(notify()), sender.send(notify())
    other = sender.send(notify(key="fire|13|growth"))
    assert first == again != other
    assert [mail["Message-ID"] for mail in mail_server.mails] == [first, again, other]
    assert re.fullmatch(r"<[0-9a-f]{24}@example\.com>", first)


def test_what_follows_is_in_the_thread_of_what_it_follows(
    mail_server: FakeMailServer, mailer: Mailer, notify: Notify
) -> None:
    sender, group = mailer(mail_server.port), example_app_group(Language.ZH)
    resolve = example_alert(EventType.RESOLVE, Language.ZH)
    sender.send(notify(group, "1"))
    sender.send(replace(notify(resolve, "2"), thread=Thread("1", group, group)))
    sender.send(notify(group, "3"))
    first, second, other = mail_server.mails
    assert first["References"] == first["In-Reply-To"] == second["References"] != other["References"]
    assert second["Subject"] == "Re: 云上生鲜：次日留存率下降等 3 条告警" == f"Re: {first['Subject']}"
    assert "页面退出率已恢复正常" in body_of(second, "plain")


@pytest.mark.parametrize("domain", ["example.com", "a" * 60 + ".example.com", "localhost"])
def test_the_ids_are_never_folded_or_encoded(
    mail_server: FakeMailServer, mailer: Mailer, notify: Notify, domain: str
) -> None:
    mailer(mail_server.port, sender=f"watch@{domain}").send(notify())
    for name in (b"Message-ID", b"In-Reply-To", b"References"):
        assert re.search(rb"\r\n" + name + rb": <[\w.@-]{1,58}>\r\n", mail_server.raw[0])


@pytest.mark.parametrize("sender", ["", "nobody", "观察@example.com", "a b@example.com, c@example.com"])
def test_a_sender_that_is_no_address_is_never_silent(
    mail_server: FakeMailServer, mailer: Mailer, notify: Notify, sender: str
) -> None:
    try:
        mailer(mail_server.port, sender=sender).send(notify())
    except DeliveryError:
        assert mail_server.mails == []
    else:
        assert len(mail_server.mails) == 1


def test_a_line_break_in_a_name_makes_no_header(
    mail_server: FakeMailServer, mailer: Mailer, notify: Notify
) -> None:
    notice = replace(
        example_alert(EventType.FIRE, Language.ZH), app_name="x\r\nBcc: thief@example.com\r\n\r\nhi"
    )
    mailer(mail_server.port).send(notify(notice))
    assert mail_server.mails[0]["Bcc"] is None
    assert "x Bcc: thief@example.com hi" in mail_server.mails[0]["Subject"]


def test_a_line_break_in_an_address_is_a_permanent_error(
    mail_server: FakeMailServer, mailer: Mailer, notify: Notify
) -> None:
    with pytest.raises(DeliveryError) as caught:
        mailer(mail_server.port, to=("a@example.com\r\nBcc: thief@example.com",)).send(notify())
    assert caught.value.permanent
    assert mail_server.mails == []


def test_a_login_is_made_where_a_name_is_given(
    mail_server: FakeMailServer, mailer: Mailer, notify: Notify
) -> None:
    mailer(mail_server.port, username="watch", password=PASSWORD).send(notify())
    assert len(mail_server.mails) == 1


def test_a_wrong_password_is_permanent_and_not_told(
    mail_server: FakeMailServer, mailer: Mailer, notify: Notify
) -> None:
    with pytest.raises(DeliveryError, match="535") as caught:
        mailer(mail_server.port, username="watch", password="wrong-" + PASSWORD).send(notify())
    assert caught.value.permanent
    assert caught.value.of_receiver
    assert PASSWORD not in str(caught.value)


@pytest.mark.parametrize(
    ("answer", "permanent"), [("451 busy", False), ("550 no", True), ("421 later", False)]
)
def test_an_answer_of_4xx_passes_and_one_of_5xx_stays(
    mail_server: FakeMailServer, mailer: Mailer, notify: Notify, answer: str, permanent: bool
) -> None:
    for command in ("answers_data", "answers_mail"):
        setattr(mail_server, command, answer)
        with pytest.raises(DeliveryError, match=answer) as caught:
            mailer(mail_server.port).send(notify())
        assert caught.value.permanent is permanent
        assert caught.value.of_receiver is (command == "answers_mail")


def test_a_mail_that_is_too_large_is_no_fault_of_the_receiver(
    mail_server: FakeMailServer, mailer: Mailer, notify: Notify
) -> None:
    mail_server.answers_mail = "552 5.3.4 too large"
    with pytest.raises(DeliveryError) as caught:
        mailer(mail_server.port).send(notify())
    assert (caught.value.permanent, caught.value.of_receiver) == (True, False)


@pytest.mark.parametrize(("answer", "permanent"), [("550 no such user", True), ("451 greylisted", False)])
def test_one_refused_recipient_does_not_cost_the_others_the_mail(
    mail_server: FakeMailServer, mailer: Mailer, notify: Notify, answer: str, permanent: bool
) -> None:
    mail_server.refuses = {"gone@example.com": answer}
    to = ("gone@example.com", "Growth <growth@example.com>", "ops@example.com")
    with pytest.raises(
        DeliveryError, match=f"refused for 1 of 3 recipients: gone@example.com: {answer}"
    ) as caught:
        mailer(mail_server.port, to=to).send(notify())
    assert mail_server.recipients == [["growth@example.com", "ops@example.com"]]
    assert (caught.value.permanent, caught.value.of_receiver) == (permanent, False)
    assert caught.value.taken == "growth@example.com ops@example.com"


def test_who_got_it_does_not_get_it_again(
    mail_server: FakeMailServer, mailer: Mailer, notify: Notify
) -> None:
    sender = mailer(mail_server.port, to=("slow@example.com", "growth@example.com"))
    notification = replace(notify(), taken="growth@example.com")
    first = sender.send(notification)
    assert mail_server.recipients == [["slow@example.com"]]
    assert mail_server.mails[0]["To"] == "slow@example.com, growth@example.com"
    assert sender.send(replace(notification, taken="slow@example.com growth@example.com")) == first
    assert len(mail_server.mails) == 1


def test_a_server_that_shuts_down_while_it_is_told_the_recipients_took_nothing(
    mail_server: FakeMailServer, mailer: Mailer, notify: Notify
) -> None:
    mail_server.refuses = {"b@example.com": "421 shutting down"}
    with pytest.raises(DeliveryError) as caught:
        mailer(mail_server.port, to=("a@example.com", "b@example.com")).send(notify())
    assert (caught.value.permanent, caught.value.taken) == (False, "")
    assert mail_server.mails == []


@pytest.mark.parametrize(
    ("answers", "permanent"),
    [
        (("550 no", "553 no"), True),
        (("450 greylisted", "550 no"), False),
        (("450 later", "451 later"), False),
    ],
)
def test_where_all_are_refused_it_depends_on_how(
    mail_server: FakeMailServer, mailer: Mailer, notify: Notify, answers: tuple[str, str], permanent: bool
) -> None:
    to = ("a@example.com", "b@example.com")
    mail_server.refuses = dict(zip(to, answers, strict=True))
    with pytest.raises(DeliveryError, match=r"a@example\.com") as caught:
        mailer(mail_server.port, to=to).send(notify())
    assert caught.value.permanent is permanent
    assert not caught.value.of_receiver


def test_a_connection_lost_before_acceptance_is_tried_again(
    mail_server: FakeMailServer, mailer: Mailer, notify: Notify
) -> None:
    mail_server.hangs_up_at_data = True
    with pytest.raises(DeliveryError) as caught:
        mailer(mail_server.port).send(notify())
    assert not caught.value.permanent


def test_a_connection_lost_after_acceptance_counts_as_sent(
    mail_server: FakeMailServer, mailer: Mailer, notify: Notify
) -> None:
    mail_server.hangs_up_at_quit = True
    assert mailer(mail_server.port).send(notify())
    assert len(mail_server.mails) == 1


def test_a_server_that_is_not_there_is_tried_again(mailer: Mailer, notify: Notify) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with pytest.raises(DeliveryError, match="refused") as caught:
        mailer(port).send(notify())
    assert not caught.value.permanent


def test_a_server_that_says_nothing_times_out(mailer: Mailer, notify: Notify) -> None:
    with socket.socket() as mute:
        mute.bind(("127.0.0.1", 0))
        mute.listen()
        with pytest.raises(DeliveryError, match="timed out") as caught:
            mailer(mute.getsockname()[1], timeout=0.2).send(notify())
    assert not caught.value.permanent


def test_a_certificate_that_nobody_vouches_for_is_refused(
    tls_mail_server: FakeMailServer, mailer: Mailer, notify: Notify
) -> None:
    with pytest.raises(DeliveryError, match="CERTIFICATE_VERIFY_FAILED"):
        mailer(tls_mail_server.port, security="starttls").send(notify())
    assert tls_mail_server.mails == []


def test_tls_from_the_first_byte_is_verified_too(
    all_tls_mail_server: FakeMailServer, mailer: Mailer, notify: Notify
) -> None:
    with pytest.raises(DeliveryError, match="CERTIFICATE_VERIFY_FAILED"):
        mailer(all_tls_mail_server.port, security="tls").send(notify())
    assert all_tls_mail_server.mails == []


def test_over_tls_with_a_trusted_certificate_the_mail_arrives(
    tls_mail_server: FakeMailServer,
    all_tls_mail_server: FakeMailServer,
    mailer: Mailer,
    notify: Notify,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(HERE / "localhost.pem"))
    mailer(tls_mail_server.port, security="starttls", username="watch", password=PASSWORD).send(notify())
    mailer(all_tls_mail_server.port, security="tls").send(notify())
    for first, second in pairwise([tls_mail_server, all_tls_mail_server]):
        assert len(first.mails) == len(second.mails) == 1


def test_without_starttls_on_offer_nothing_goes_out_in_clear(
    mail_server: FakeMailServer, mailer: Mailer, notify: Notify
) -> None:
    with pytest.raises(DeliveryError, match="STARTTLS") as caught:
        mailer(mail_server.port, security="starttls", username="watch", password=PASSWORD).send(notify())
    assert caught.value.permanent
    assert mail_server.mails == []

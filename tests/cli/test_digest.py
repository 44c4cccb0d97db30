"""``digest``: looking at one, sending it, trying it out."""

from __future__ import annotations

import json
import re
import sqlite3
from base64 import b64decode
from contextlib import closing
from datetime import timedelta
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path

import pytest

from smartapp_watch.simulator.mail_inbox import MailTrouble
from tests.cli.desk import NOW, Call, Desk


def queued(desk: Desk) -> list[tuple[str, str]]:
    """The digests on record: those that were frozen, and those to be sent."""
    with closing(sqlite3.connect(desk.history)) as people:
        return [
            *people.execute("SELECT name, period FROM digests"),
            *people.execute("SELECT key, receiver FROM outbox WHERE kind = 'digest'"),
        ]


def mail_of(content: bytes) -> EmailMessage:
    mail = message_from_bytes(content, policy=default)
    assert isinstance(mail, EmailMessage)
    return mail


def test_a_digest_is_printed(judged: Call) -> None:
    printed = judged("digest", "weekly")
    assert printed.code == 0
    assert "Week 47" in printed.out.splitlines()[0]


def test_a_preview_is_the_mail_its_text_slacks_blocks_and_the_table(judged: Call, tmp_path: Path) -> None:
    file = tmp_path / "look.html"
    written = judged("digest", "weekly", "--preview", str(file))
    assert (written.code, written.out) == (0, "")
    paths = [file.with_suffix(suffix) for suffix in (".html", ".txt", ".json", ".csv")]
    assert written.err.splitlines()[:4] == [f"written to {path}" for path in paths]
    html, text, blocks, table = (path.read_text(encoding="utf-8") for path in paths)
    assert 'src="data:image/png;base64,' in html
    assert "cid:" not in html
    assert text.startswith("Subject: Week 47: 1 of 2 apps needs a look")
    assert json.loads(blocks).keys() == {"text", "blocks"}
    assert table.startswith("\ufeff")
    assert len(table.splitlines()) == 3


def test_an_export_is_one_page_with_its_pictures_and_its_table_in_it(judged: Call, tmp_path: Path) -> None:
    file = tmp_path / "week.html"
    written = judged("digest", "weekly", "--export", str(file))
    assert (written.code, written.out) == (0, "")
    assert written.err.splitlines()[0] == f"written to {file}"
    assert list(tmp_path.glob("week*")) == [file]
    html = file.read_text(encoding="utf-8")
    assert 'src="data:image/png;base64,' in html
    table = b64decode(html.partition('href="data:text/csv;base64,')[2].partition('"')[0])
    assert table.decode("utf-8-sig").count("15263713") == 1
    assert 'download="fleet-2026-W47.csv"' in html
    assert "attachment" not in html
    assert "unsubscribe" not in html
    assert not re.search(r'(?:src|href)="(?!data:)', html)


def test_a_preview_of_another_week_and_one_that_cannot_be_written(judged: Call, tmp_path: Path) -> None:
    file = tmp_path / "look.html"
    assert judged("digest", "weekly", "--period", "2026-W46", "--preview", str(file)).code == 0
    assert "Week 46" in file.read_text(encoding="utf-8")
    lost = judged("digest", "weekly", "--preview", str(tmp_path / "nowhere" / "look.html"))
    assert (lost.code, lost.out) == (1, "")
    assert lost.err.splitlines() == [
        f"smartapp-watch: {tmp_path / 'nowhere' / 'look.html'}: No such file or directory"
    ]


def test_to_an_address_it_goes_to_nobody_else_and_does_not_count(at_desk: Call, filled: Desk) -> None:
    at_desk("poll")
    for times in (1, 2):
        done = at_desk("digest", "weekly", "--send", "--to", "Ann <ann@example.com>")
        assert (done.code, done.err) == (0, "")
        assert "sent to Ann <ann@example.com> by the mail server of 'growth'" in done.out
        assert [mail.recipients for mail in filled.mails.mails] == [("ann@example.com",)] * times
    assert queued(filled) == []
    first, second = (mail_of(mail.content) for mail in filled.mails.mails)
    assert first["Message-ID"] != second["Message-ID"]
    assert first["Subject"].startswith("Week 47")
    assert [part.get_filename() for part in first.iter_attachments()] == ["fleet-2026-W47.csv"]
    assert "delivered: 1 sent" in at_desk("digest", "weekly", "--send").out
    assert filled.mails.mails[-1].recipients == ("growth@example.com",)


def test_what_the_mail_server_said_to_a_trial_is_said(at_desk: Call, filled: Desk) -> None:
    at_desk("poll")
    filled.mails.trouble_next(MailTrouble("RCPT", 550))
    done = at_desk("digest", "weekly", "--send", "--to", "ann@example.com")
    assert (done.code, done.out) == (1, "")
    assert "550" in done.err
    assert queued(filled) == []


def test_without_a_receiver_of_mail_there_is_no_server_for_a_trial(at_desk: Call, filled: Desk) -> None:
    filled.change('receivers = ["growth"]', 'receivers = ["ops"]')
    done = at_desk("digest", "weekly", "--send", "--to", "ann@example.com")
    assert done.code == 2
    assert (
        "the digest 'weekly' has no receiver of kind email, whose server --to needs; it has ops" in done.err
    )


def test_the_mail_has_the_table_and_its_charts(at_desk: Call, filled: Desk) -> None:
    at_desk("once")
    (mail,) = (mail_of(each.content) for each in filled.mails.mails)
    (table,) = mail.iter_attachments()
    assert table.get_content_type() == "text/csv"
    assert table.get_payload(decode=True).startswith("\ufeff".encode())  # type: ignore[union-attr]
    pictures = [part for part in mail.walk() if part.get_content_type() == "image/png"]
    assert len(pictures) == 3


@pytest.mark.parametrize(
    ("words", "meant"),
    [
        (["wekly"], "no digest 'wekly' in watch.toml; it has weekly"),
        (["weekly", "--period", "2026-11-22"], "2026-11-22 is a day; the digest 'weekly' is of a week"),
        (["weekly", "--period", "2026-W48"], "2026-W48 is not over yet; the newest that is: 2026-W47"),
        (["weekly", "--period", "last"], "'last' is no period"),
        (["weekly", "--to", "a@example.com"], "it goes with --send"),
        (["weekly", "--send", "--to", "nobody"], "--to 'nobody' is no mail address"),
        (["weekly", "--preview", "look.txt"], "name the HTML, as look.html"),
    ],
)
def test_a_digest_that_cannot_be_is_wrong_usage(at_desk: Call, words: list[str], meant: str) -> None:
    done = at_desk("digest", *words)
    assert (done.code, done.out) == (2, "")
    assert meant in done.err


def test_a_digest_is_sent_once_however_often_it_is_asked_for(at_desk: Call, filled: Desk) -> None:
    at_desk("poll")
    first = at_desk("digest", "weekly", "--send")
    assert (first.code, first.err) == (0, "")
    assert "delivered: 1 sent" in first.out
    assert "delivered: 0 sent" in at_desk("digest", "weekly", "--send").out
    at_desk("once")
    assert len(filled.mails.mails) == 1


def test_a_digest_of_an_earlier_time_is_not_even_queued(judged: Call, call: Call, filled: Desk) -> None:
    before = NOW - timedelta(days=7)
    done = call(*filled.words("digest", "weekly", "--send", now=before))
    assert done.code == 2
    assert json.loads(judged("status", "--json").out)["queue"] == []
    assert len(filled.mails.mails) == 1

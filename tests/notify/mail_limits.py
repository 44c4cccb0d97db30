"""What a mail program would stumble over, in a mail as it came over the wire."""

from __future__ import annotations

import re
from email import message_from_bytes
from email.message import EmailMessage, MIMEPart
from email.policy import default

HTML_BYTES = 90_000
"""Gmail cuts a page off at about 102 KB."""

_HEADERS = {
    "From", "To", "Subject", "Date", "Message-ID", "In-Reply-To", "References", "List-Id", "List-Unsubscribe",
    "Auto-Submitted", "X-Auto-Response-Suppress", "MIME-Version", "Content-Type", "Content-Transfer-Encoding",
}  # fmt: skip
_IDS = ("Message-ID", "In-Reply-To", "References")
_LINE = 998


def parsed(raw: bytes) -> EmailMessage:
    mail = message_from_bytes(raw, policy=default)
    assert isinstance(mail, EmailMessage)
    return mail


def body_of(mail: EmailMessage, kind: str) -> str:
    """What the part ``plain`` or ``html`` says."""
    part = mail.get_body((kind,))
    assert part is not None
    return str(part.get_content())


def tree(part: MIMEPart) -> object:
    """The types of the parts: ``("alternative", "text/plain", ("related", "text/html", "image/png"))``."""
    if not part.is_multipart():
        return part.get_content_type()
    return (part.get_content_subtype(), *(tree(each) for each in part.iter_parts()))


def faults(raw: bytes) -> list[str]:
    """Everything that is wrong with the mail; nothing, if it is right."""
    mail = parsed(raw)
    found = [f"defect: {defect}" for part in mail.walk() for defect in part.defects]
    found += [f"a header that nobody meant: {name}" for name in set(mail.keys()) - _HEADERS]
    found += [f"twice: {name}" for name in set(mail.keys()) if len(mail.get_all(name, ())) > 1]
    if not raw.isascii():
        found.append("eight bits")
    if max(map(len, raw.split(b"\r\n"))) > _LINE or b"\n" in raw.replace(b"\r\n", b""):
        found.append("a line that is too long, or ends wrongly")
    found += [f"broken id: {mail[name]}" for name in _IDS if name in mail and not _is_id(mail[name])]
    page = body_of(mail, "html")
    if len(page.encode()) > HTML_BYTES:
        found.append("a page that is too long")
    found += ["nobody says which part is the page" for part in mail.walk() if not _names_its_page(part)]
    shown = {f"<{name}>" for name in re.findall(r'"cid:([^"]*)"', page)}
    there = {part["Content-ID"] for part in mail.walk() if part["Content-ID"]}
    found += [f"picture that is not there, or not shown: {name}" for name in shown ^ there]
    return found


def _is_id(text: str) -> bool:
    return bool(re.fullmatch(r"<[\w.-]+@[\w.-]+>", text)) and len(text) <= 60


def _names_its_page(part: MIMEPart) -> bool:
    """Whether it is said which part is the page, where pictures stand beside it."""
    return part.get_content_subtype() != "related" or part.get_param("type") == "text/html"

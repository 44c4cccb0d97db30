"""What the templates of each kind of notice may use."""

from __future__ import annotations

from dataclasses import dataclass, fields
from urllib.parse import quote

from smartapp_watch.alerts.digest_parts import Polls
from smartapp_watch.alerts.notification import AlertNotice, DigestNotice, GroupNotice, Notice
from smartapp_watch.metrics.words import Language
from smartapp_watch.notify import (
    alert_view,
    digest_figures,
    digest_service,
    digest_view,
    group_view,
    notice_view,
)

ROW_STEPS = (digest_view.ROWS, 20, 10, 0)
"""How many mini-programs a digest's table shows, until it fits."""

VIEWS = {
    view.__name__: tuple(field.name for field in fields(view))
    for view in (
        alert_view.AlertView,
        alert_view.Fact,
        digest_view.DigestView,
        digest_view.AlertCounts,
        digest_figures.TotalView,
        digest_figures.AppRow,
        digest_figures.MoverView,
        digest_service.GapView,
        digest_service.FlappingView,
        Polls,
        group_view.GroupView,
        group_view.GroupSection,
        group_view.GroupRow,
        notice_view.NoticeView,
    )
}
"""The variables of each view, by its name."""


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a message stands in. ``site``: the address of the pages, empty where there are none. ``buttons``:
    there are some below it to press. ``alone``: it is no mail, but a page that has nothing beside it."""

    site: str = ""
    buttons: bool = False
    alone: bool = False


def variables(
    notice: Notice,
    language: Language,
    rows: int = digest_view.ROWS,
    around: Surroundings = Surroundings(),
) -> dict[str, object]:
    """The variables of a notice's templates, in words of a language."""
    view: object
    if isinstance(notice, AlertNotice):
        view = alert_view.alert_view(notice, language)
    elif isinstance(notice, DigestNotice):
        view = digest_view.digest_view(notice, language, rows)
    elif isinstance(notice, GroupNotice):
        view = group_view.group_view(notice, language, rows)
    else:
        view = notice_view.notice_view(notice)
    return {
        notice.kind.value: view,
        "language": language.value,
        "site": around.site,
        "address": address_of(notice, around.site),
        "buttons": around.buttons,
        "alone": around.alone,
    }


def address_of(notice: Notice, site: str) -> str:
    """Where the pages show what a notice is about; empty where there are no pages."""
    if not site:
        return ""
    if isinstance(notice, AlertNotice):
        return f"{site}/alerts/{notice.alert}" if notice.alert else ""
    if isinstance(notice, DigestNotice):
        return f"{site}/digests/{quote(notice.name, safe='')}/{quote(notice.period, safe='')}"
    return f"{site}/"

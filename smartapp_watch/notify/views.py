"""What the templates of each kind of notice may use."""

from __future__ import annotations

from dataclasses import fields

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


def variables(
    notice: Notice, language: Language, rows: int = digest_view.ROWS, *, buttons: bool = False
) -> dict[str, object]:
    """The variables of a notice's templates, in words of a language; ``buttons``: there are some to press."""
    view: object
    if isinstance(notice, AlertNotice):
        view = alert_view.alert_view(notice, language)
    elif isinstance(notice, DigestNotice):
        view = digest_view.digest_view(notice, language, rows)
    elif isinstance(notice, GroupNotice):
        view = group_view.group_view(notice, language, rows)
    else:
        view = notice_view.notice_view(notice)
    return {notice.kind.value: view, "language": language.value, "buttons": buttons}

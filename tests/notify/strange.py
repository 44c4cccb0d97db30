"""Strings that somebody, somewhere, gives a page or a mini-program as its name."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import strategies as st

from smartapp_watch.alerts.alert import EventType
from smartapp_watch.alerts.digest_parts import AppLine, Total
from smartapp_watch.alerts.notification import (
    AlertNotice,
    DigestNotice,
    GroupNotice,
    Layout,
    NearMisses,
    ServiceNotice,
)
from smartapp_watch.alerts.trend import Beside, Trend
from smartapp_watch.metrics.words import Language
from smartapp_watch.notify.examples import example_alert
from smartapp_watch.notify.examples_digests import example_digest
from smartapp_watch.rules.verdict import Figures

HOSTILE = (
    "长" * 2000,
    "&" * 2000,
    "*_~`" * 500,
    "🎉👨‍👩‍👧",
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "*bold* _italic_ ~gone~ `code`",
    "one\ntwo\r\nthree\u2028four",
    "=1+1",
    "<!channel> <!here> <@U123> <#C123> @everyone",
    "<https://evil.example.com|click>",
    "abc\u202egnp.exe",
    "\x1b[31mred\x1b[0m\x07\x00",
    "{{ 7 * 7 }}{% for x in y %}",
    "half \ud83d pair",
    "=?utf-8?q?a=0D=0ABcc:_thief@example.com=0D=0A=0D=0Ahi?=",
    " ",
    "",
)


def alert_of(text: str, kind: EventType = EventType.FIRE, *, runbook: str = "") -> AlertNotice:
    """An alert with ``text`` in every place that people outside write."""
    return replace(
        example_alert(kind, Language.ZH),
        rule=text,
        description=text,
        app_name=text,
        dimensions=(("page_id", text),),
        texts=(("page", text), ("alias", text)),
        condition=text,
        reason=text,
        runbook=runbook or text,
        where=text,
    )


def group_of(text: str, layout: Layout = Layout.RULES, alerts: int = 60) -> GroupNotice:
    """Many alerts of as many mini-programs and of ten rules, with ``text`` in every name."""
    kinds = tuple(EventType)
    return GroupNotice(
        layout,
        tuple(
            replace(
                alert_of(text, kinds[number % len(kinds)]),
                alert=number,
                app_id=number,
                rule=f"{number % 10} {text}",
            )
            for number in range(alerts)
        ),
    )


def digest_of(text: str, apps: int = 60) -> DigestNotice:
    """A big digest with ``text`` in every place that people outside write."""
    alerts = tuple(alert_of(text, kind) for kind in EventType) * 5
    totals = example_digest(Language.ZH).totals
    return replace(
        example_digest(Language.ZH),
        name=text,
        open=alerts,
        opened=alerts,
        closed=alerts,
        apps_checked=apps,
        apps=tuple(AppLine(number, text, totals, 7) for number in range(apps)),
        missing=(text,) * 60,
        failures=(text,) * 60,
        near_misses=(NearMisses(text, alerts, 500),) * 9,
    )


_texts = st.text(st.characters(codec=None), max_size=40) | st.sampled_from(HOSTILE)
_figures = st.builds(Figures)
_values = st.none() | st.floats() | st.sampled_from([0.0, -1.0, 61.0, 1e308, -1e308, 5e-324])


@st.composite
def trends(draw: st.DrawFn) -> Trend:
    """Any trend: of any length, with gaps, and values that no metric has."""
    count = draw(st.integers(0, 48))
    periods = draw(
        st.sampled_from(
            [
                tuple(f"2026-11-{number + 1:02d}" for number in range(28)),
                tuple(f"2026-W{number + 1:02d}" for number in range(48)),
                tuple(f"2026-11-22T{number % 24:02d}" for number in range(48)),
                ("长" * 200, "2026-02-30", "", "\ud83d") * 12,
            ]
        )
    )[:count]
    bands = st.lists(_values, min_size=len(periods), max_size=len(periods)).map(tuple)
    return Trend(periods, draw(bands), draw(bands), draw(bands))


CONDITIONS = (
    "rises_by 5pp against 4_weeks",
    "unusual either, score 3.5 over 8 weeks, by at least 20%",
    "late_after 14:00",
)
ALERTS = st.builds(
    AlertNotice,
    type=st.sampled_from(EventType),
    rule=_texts,
    description=_texts,
    app_name=_texts,
    metric=st.sampled_from(["visit_page.bounce_ratio", "user_trend.user_count", "tp_data.x"]) | _texts,
    dimensions=st.lists(st.tuples(_texts, _texts | st.integers()), max_size=3).map(tuple),
    texts=st.lists(st.tuples(st.sampled_from(["page", "alias", "name"]), _texts), max_size=3).map(tuple),
    period=st.sampled_from(["2026-11-22", "2026-W53", "2026-11-22T09", "2026-11"]) | _texts,
    since=_texts,
    figures=_figures,
    condition=_texts | st.sampled_from(CONDITIONS),
    against=st.sampled_from(["4_weeks", "8_weeks", "last_week", "previous", ""]) | _texts,
    reason=_texts | st.sampled_from(["corrected", "corrected from 1e+300 to -0.5", "silence ended", "still"]),
    runbook=_texts | st.just("https://example.com/?a=1&b=2"),
    where=_texts,
    window=st.integers(-1, 400),
    trend=st.none() | trends(),
    beside=st.lists(
        st.builds(
            Beside,
            metric=st.sampled_from(["visit_page.average_stay_time", "user_trend.user_count", "x.y"]) | _texts,
            value=st.floats(),
            usual=st.none() | st.floats(),
        ),
        max_size=4,
    ).map(tuple),
    peak=st.none() | st.floats(),
    others_here=st.none() | st.integers(0, 5000),
    others_elsewhere=st.integers(0, 5000),
)
"""Any alert."""

GROUPS = st.builds(
    GroupNotice, layout=st.sampled_from(Layout), alerts=st.lists(ALERTS, min_size=1, max_size=4).map(tuple)
)
"""Any group."""

_totals = st.lists(st.builds(Total, metric=_texts | st.just("user_trend.user_count")), max_size=3).map(tuple)
DIGESTS = st.builds(
    DigestNotice,
    name=_texts,
    period=st.sampled_from(["2026-W47", "2026-11-22"]) | _texts,
    first=st.just("2026-11-16") | _texts,
    last=st.just("2026-11-22") | _texts,
    composed_at=st.just(example_digest(Language.ZH).composed_at),
    apps_checked=st.integers(0, 500),
    totals=_totals,
    open=st.lists(ALERTS, max_size=2).map(tuple),
    opened=st.just(()),
    closed=st.lists(ALERTS, max_size=1).map(tuple),
    apps=st.lists(st.builds(AppLine, name=_texts, totals=_totals), max_size=2).map(tuple),
    missing=st.lists(_texts, max_size=3).map(tuple),
    failures=st.lists(_texts, max_size=3).map(tuple),
)
"""Any digest."""

NOTICES = st.builds(
    ServiceNotice, error=_texts, since=st.just(example_digest(Language.ZH).composed_at), receiver=_texts
)
"""Anything that the service says of itself."""

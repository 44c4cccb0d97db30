"""The pictures: what is drawn, and that nothing can keep a message from being sent."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import replace
from io import BytesIO
from itertools import pairwise

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image, ImageDraw

from smartapp_watch.alerts.alert import EventType
from smartapp_watch.alerts.trend import Trend
from smartapp_watch.metrics.period import Period
from smartapp_watch.metrics.report import Unit
from smartapp_watch.metrics.words import Language
from smartapp_watch.notify import chart
from smartapp_watch.notify.chart import CARD, SPARKLINE, Album, Drawing, Form, picture_of
from smartapp_watch.notify.examples import example_alert
from smartapp_watch.notify.examples_trends import example_trend
from smartapp_watch.notify.render import Renderer
from tests.notify.strange import trends

LAST = Period.parse("2026-11-22")
TREND = example_trend(39.6, 52.3, 58.6, 61.0)
EXITS = Drawing(TREND, Unit.PERCENT, "bad", "what it shows")
LINE, RED, GREEN, BAND = "#344054", "#b42318", "#067647", "#e4e7ec"


def trend_of(values: Sequence[float | None], usual: float | None = None) -> Trend:
    periods = tuple(str(LAST.shift(number - len(values) + 1)) for number in range(len(values)))
    band = (usual,) * len(values)
    return Trend(periods, tuple(values), band, band)


def image(drawing: Drawing, form: Form = CARD) -> Image.Image:
    picture = picture_of(drawing, form)
    assert picture
    return Image.open(BytesIO(picture.png))


def columns(picture: Image.Image, *colours: str) -> set[int]:
    """The columns in which one of the colours is found, or nearly."""
    wanted = [tuple(bytes.fromhex(colour[1:])) for colour in colours]
    pixels = picture.convert("RGB").load()
    assert pixels
    return {
        x
        for x in range(picture.width)
        for y in range(picture.height)
        for colour in wanted
        if all(abs(a - b) <= 5 for a, b in zip(pixels[x, y], colour, strict=True))  # type: ignore[arg-type]
    }


def widest_gap(found: set[int]) -> int:
    ordered = sorted(found)
    return max(after - before for before, after in pairwise(ordered))


@pytest.fixture
def written(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """Every text that is drawn."""
    texts: list[str] = []
    write = ImageDraw.ImageDraw.text

    def note(
        self: ImageDraw.ImageDraw, place: tuple[float, float], text: str, *rest: object, **more: object
    ) -> None:
        texts.append(text)
        write(self, place, text, *rest, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(ImageDraw.ImageDraw, "text", note)
    chart._png.cache_clear()
    yield texts
    chart._png.cache_clear()


@pytest.mark.parametrize(
    ("form", "size", "most"), [(CARD, (1200, 320), 15_000), (SPARKLINE, (240, 64), 2000)]
)
def test_a_picture_is_small_opaque_and_has_few_colours(form: Form, size: tuple[int, int], most: int) -> None:
    found = image(EXITS, form)
    assert (found.format, found.size, found.mode) == ("PNG", size, "P")
    assert len(found.getcolors() or ()) <= 64
    assert "transparency" not in found.info
    assert found.convert("RGB").getpixel((0, 0)) == (255, 255, 255)
    picture = picture_of(EXITS, form)
    assert picture
    assert len(picture.png) < most


def test_the_same_trend_is_the_same_picture_and_another_is_not() -> None:
    def name(drawing: Drawing) -> str:
        chart._png.cache_clear()
        picture = picture_of(drawing)
        assert picture
        return picture.name

    assert name(EXITS) == name(replace(EXITS, alt="in another language"))
    assert name(EXITS) != name(replace(EXITS, tone="good"))
    assert name(EXITS) != name(replace(EXITS, trend=example_trend(39.6, 52.3, 58.6, 61.5)))


def test_only_ascii_digits_and_their_signs_are_drawn(written: list[str]) -> None:
    for unit in Unit:
        for values in ((-1234.5, 61.0), (1e18, 0.0), (0.001, 0.002)):
            picture_of(Drawing(trend_of(values), unit))
    picture_of(Drawing(Trend(("长", "2026-02-30"), (1.0, 2.0), (None, None), (None, None))))
    assert "".join(written).isascii()
    assert not {character for text in written for character in text if character.isalpha()} - {"e"}


def test_the_axis_tells_the_highest_and_the_lowest_value_and_both_dates(written: list[str]) -> None:
    picture_of(EXITS)
    assert written == ["61.0%", "36.1%", "10-26", "11-22"]


@pytest.mark.parametrize(
    ("first", "last", "shown"),
    [
        ("2026-11-21T00", "2026-11-22T13", ["11-21 00:00", "11-22 13:00"]),
        ("2026-W52", "2027-W01", ["2026-W52", "2027-W01"]),
        ("2025-12", "2026-11", ["2025-12", "2026-11"]),
    ],
)
def test_hours_weeks_and_months_are_dated_in_digits(
    written: list[str], first: str, last: str, shown: list[str]
) -> None:
    picture_of(Drawing(Trend((first, last), (1.0, 2.0), (None, None), (None, None)), Unit.COUNT))
    assert written[2:] == shown


def test_the_last_value_has_the_colour_of_good_or_bad() -> None:
    right = range(CARD.width - 60, CARD.width)
    for tone, colour in (("bad", RED), ("good", GREEN)):
        found = columns(image(replace(EXITS, tone=tone)), colour)
        assert found
        assert found <= set(right)
    assert not columns(image(replace(EXITS, tone="")), RED, GREEN)


def test_a_gap_is_a_gap_in_line_and_band() -> None:
    whole = [50.0 + number % 3 for number in range(28)]
    gap = (*whole[:10], *[None] * 6, *whole[16:])
    step = CARD.width / 28
    band = replace(trend_of(gap), lows=gap, highs=tuple(value and value + 5 for value in gap))
    for colour in (LINE, BAND):
        assert widest_gap(columns(image(Drawing(band)), colour)) > 4 * step
    assert widest_gap(columns(image(Drawing(trend_of(whole))), LINE)) < step


def test_a_value_between_two_gaps_and_one_all_alone_are_seen() -> None:
    lonely = image(Drawing(trend_of([1.0, None, 3.0, None, 2.0, 2.0])))
    middle = set(range(300, 900))
    assert columns(lonely, LINE) & middle
    assert columns(image(Drawing(trend_of([*[None] * 27, 5.0]), tone="bad")), RED)


def test_a_flat_line_lies_in_the_middle(written: list[str]) -> None:
    found = image(Drawing(trend_of([5.0] * 28), Unit.COUNT))
    assert columns(found, LINE)
    assert written == ["5", "10-26", "11-22"]


def test_a_limit_is_a_line() -> None:
    with_limit = image(Drawing(trend_of([10.0, 20.0, 30.0, 35.0], 30.0)))
    assert len(columns(with_limit, "#c4cad4")) > 900


@pytest.mark.parametrize("values", [(), (None,), (None, None), (float("nan"), float("inf"))])
def test_where_nothing_is_known_there_is_no_picture(values: tuple[float | None, ...]) -> None:
    assert picture_of(Drawing(trend_of(values))) is None
    assert picture_of(Drawing()) is None


@settings(max_examples=80, deadline=None, suppress_health_check=list(HealthCheck))
@given(trend=trends(), unit=st.sampled_from(Unit), form=st.sampled_from([SPARKLINE, CARD]))
def test_any_trend_is_a_picture_of_its_form_or_none(trend: Trend, unit: Unit, form: Form) -> None:
    picture = picture_of(Drawing(trend, unit), form)
    if picture:
        assert Image.open(BytesIO(picture.png)).size == (form.width, form.height)


@pytest.mark.usefixtures("survives")
def test_a_picture_that_fails_costs_the_message_nothing_else(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(ImageDraw.ImageDraw, "polygon", None)
    chart._png.cache_clear()
    notice = example_alert(EventType.FIRE, Language.ZH)
    mail, slack = Renderer().mail(notice, Language.ZH), Renderer().slack(notice, Language.ZH)
    assert "a chart could not be drawn" in caplog.text
    assert (mail.pictures, slack.picture) == ((), None)
    assert "61.0%" in mail.html
    assert "<img" not in mail.html


@pytest.mark.parametrize("field", ["periods", "values", "lows", "highs"])
def test_a_torn_trend_is_none(field: str) -> None:
    torn = replace(TREND, **{field: ()})
    notice = replace(example_alert(EventType.FIRE, Language.ZH), trend=torn)
    assert Renderer().mail(notice, Language.ZH).pictures == ()


def test_a_mail_brings_each_picture_once() -> None:
    album = Album()
    names = [album.add(drawing) for drawing in (EXITS, EXITS, Drawing(), replace(EXITS, tone=""))]
    assert names[0] == names[1]
    assert names[2] == ""
    assert [picture.name for picture in album.pictures] == [names[0], names[3]]


def test_without_pillow_mails_show_bars_and_messages_have_no_picture() -> None:
    program = """
import sys
sys.modules["PIL"] = None
from smartapp_watch.alerts.alert import EventType
from smartapp_watch.metrics.words import Language
from smartapp_watch.notify.examples import example_alert
from smartapp_watch.notify.render import Renderer
notice = example_alert(EventType.FIRE, Language.EN)
mail = Renderer().mail(notice, Language.EN)
assert Renderer().slack(notice, Language.EN).picture is None
assert mail.pictures == () and "<img" not in mail.html
assert mail.html.count('<td width="5"') == 14
"""
    subprocess.run([sys.executable, "-c", program], check=True)


def test_pillow_is_not_loaded_before_a_picture_is_drawn() -> None:
    program = "import sys, smartapp_watch.notify.render; sys.exit('PIL' in sys.modules)"
    subprocess.run([sys.executable, "-c", program], check=True)

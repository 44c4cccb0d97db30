"""The scanner that knows on which line of a TOML document everything stands."""

from __future__ import annotations

import json
import tomllib
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from smartapp_watch.config.lines import Lines, Place


@dataclass
class Writer:
    """Writes a TOML document and remembers on which line it put what."""

    text: str = ""
    places: dict[Place, int] = field(default_factory=dict)

    def put(self, text: str) -> None:
        self.text += text

    def mark(self, place: Place) -> None:
        self.places.setdefault(place, self.text.count("\n") + 1)


BARE = st.from_regex(r"[A-Za-z0-9_-]{1,6}", fullmatch=True)
WORDS = st.text(st.sampled_from("ab=[]{}#,.'\"\\ \t预é😀\n"), max_size=12)
FILLING = st.sampled_from(["", "", "\n", "# a = [1, \"'\n", "   \n\n", "\t# [x]\n"])


def as_key(name: str, quoted: int) -> str:
    if quoted == 2 and not set("'\n\\") & set(name):
        return f"'{name}'"
    return (
        name
        if quoted == 0 and name.isascii() and name.replace("-", "").isalnum()
        else json.dumps(name, ensure_ascii=False)
    )


@st.composite
def texts(draw: st.DrawFn) -> str:
    """A string in one of TOML's four forms."""
    words = draw(WORDS)
    form = draw(st.sampled_from(["basic", "literal", "long", "long literal"]))
    if form == "literal" and not set("'\n") & set(words):
        return f"'{words}'"
    if form == "long":
        return (
            '"""\n'
            + words.replace("\\", "\\\\").replace('"""', '""\\"').rstrip('"')
            + draw(st.sampled_from(['"""', '""""', '"""""', '\\\n   """']))
        )
    if form == "long literal" and "'''" not in words:
        return "'''" + words.strip("'") + draw(st.sampled_from(["'''", "''''", "'''''"]))
    return json.dumps(words, ensure_ascii=draw(st.booleans()) and "😀" not in words)


SCALARS = st.one_of(
    st.integers().map(str),
    st.sampled_from(
        ["1.5e3", "true", "inf", "2026-11-22T13:00:00+08:00", "2026-11-22 13:00:00", "13:00:00", "0x1F"]
    ),
    texts(),
)


def write_value(draw: st.DrawFn, writer: Writer, place: Place, depth: int) -> None:
    kind = draw(st.sampled_from(["scalar", "scalar", "list", "table"])) if depth else "scalar"
    if kind == "scalar":
        writer.put(draw(SCALARS))
    elif kind == "list":
        write_list(draw, writer, place, depth)
    else:
        names = draw(st.lists(BARE, max_size=3, unique=True))
        writer.put("{")
        for number, name in enumerate(names):
            writer.put(", " if number else " ")
            write_pair(draw, writer, (*place, name), depth - 1)
        writer.put(" }")


def write_list(draw: st.DrawFn, writer: Writer, place: Place, depth: int) -> None:
    writer.put("[")
    for number in range(draw(st.integers(0, 3))):
        if number:
            writer.put(" ,")
        writer.put(draw(st.sampled_from(["", "\n", " # , ] '\n  "])))
        writer.mark((*place, number))
        write_value(draw, writer, (*place, number), depth - 1)
    writer.put(draw(st.sampled_from(["]", "\n]", " # end ]\n]"])))


def write_pair(draw: st.DrawFn, writer: Writer, place: Place, depth: int) -> None:
    writer.mark(place)
    writer.put(as_key(str(place[-1]), draw(st.integers(0, 2))) + draw(st.sampled_from(["=", " = ", "\t= "])))
    write_value(draw, writer, place, depth)


def write_pairs(draw: st.DrawFn, writer: Writer, table: Place) -> None:
    for name in draw(st.lists(st.one_of(BARE, WORDS), max_size=4, unique=True)):
        writer.put(draw(FILLING) + draw(st.sampled_from(["", "  "])))
        place = (*table, name)
        if draw(st.integers(0, 5)) == 0:
            writer.mark(place)
            writer.put(as_key(name, 1) + draw(st.sampled_from([".", " . "])))
            place = (*place, "inner")
        write_pair(draw, writer, place, 2)
        writer.put(draw(st.sampled_from(["\n", " # = [\n", "  \n"])))


@st.composite
def documents(draw: st.DrawFn) -> Writer:
    writer = Writer()
    write_pairs(draw, writer, ())
    for number in range(draw(st.integers(0, 3))):
        name = f"table {number}"
        repeats = draw(st.integers(0, 3))
        for entry in range(repeats):
            writer.put(draw(FILLING))
            writer.mark((name,))
            writer.mark((name, entry))
            writer.put(f'[[ "{name}" ]]\n')
            write_pairs(draw, writer, (name, entry))
        writer.put(draw(FILLING))
        outer: Place = (name, repeats - 1) if repeats else (name,)
        writer.mark((name,))
        writer.mark((*outer, "under it"))
        writer.put(f"['{name}'.\"under it\"] # [x]\n")
        write_pairs(draw, writer, (*outer, "under it"))
    return writer


@settings(max_examples=100, deadline=None)
@given(documents())
def test_every_place_of_a_document_is_on_the_line_where_it_was_written(writer: Writer) -> None:
    tomllib.loads(writer.text)
    lines = Lines(writer.text)
    assert {place: lines.of(place) for place in writer.places} == writer.places


def test_a_place_that_is_not_there_is_on_the_line_of_what_it_belongs_to() -> None:
    lines = Lines('a = 1\n\n[api]\n\n[[apps]]\nid = "1"\ntoken = { env = "X" }\n')
    assert lines.of(("api", "timeout")) == 3
    assert lines.of(("apps", 0, "name")) == 5
    assert lines.of(("apps", 0, "token", "file", 3)) == 7
    assert lines.of(("unheard of",)) == 1
    assert ("api",) in lines
    assert ("api", "timeout") not in lines


@pytest.mark.parametrize(
    ("text", "place", "line"),
    [
        ('a.b = 1\n"a" . c = 2', ("a", "c"), 2),
        ('"\\u9884\\U0001F600\\\\U0001F600" = 1', ("预😀\\U0001F600",), 1),
        ("\n[[a]]\n[[a.b]]\n[a.b.c]\nx = 1\n[[a]]\n[[a.b]]\n[[a.b]]\nx = 2", ("a", 1, "b", 1, "x"), 9),
        ("\n[[a]]\n[[a.b]]\n[a.b.c]\nx = 1\n[[a]]\n[[a.b]]\n[[a.b]]\nx = 2", ("a", 0, "b", 0, "c", "x"), 5),
        ('x = """\n[a]\n\\"""\n"""\ny = 1', ("y",), 5),
        ("x = '''\n\\'''\ny = 1", ("y",), 3),
    ],
)
def test_odd_places_are_found_too(text: str, place: Place, line: int) -> None:
    tomllib.loads(text)
    assert Lines(text).of(place) == line
    assert place in Lines(text)


def test_a_large_file_is_scanned_in_no_time() -> None:
    text = "".join(f'[[apps]]\nid = "{number}"\ntags = ["a", "b"]\n' for number in range(3000))
    assert Lines(text).of(("apps", 2999, "tags", 1)) == 9000


def test_the_settings_that_are_shipped_are_scanned_line_by_line() -> None:
    text = (Path(__file__).parents[2] / "watch.toml").read_text(encoding="utf-8")
    lines = Lines(text)
    for key, value in tomllib.loads(text).items():
        if isinstance(value, dict):
            for inner in value:
                assert text.splitlines()[lines.of((key, inner)) - 1].startswith(f"{inner} =")

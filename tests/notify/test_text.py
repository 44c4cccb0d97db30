"""Text from outside made fit to show."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smartapp_watch.notify.text import cut, one_line, pad, text_table, width


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a\nb\r\n\tc", "a b c"),
        ("  两端  ", "两端"),
        ("\x1b[31mred\x1b[0m", "[31mred [0m"),
        ("abc\u202etxt.exe", "abctxt.exe"),
        ("a\u2028b\u0085c", "a b c"),
        ("zero\u200bwidth\ufeff", "zerowidth"),
        ("👨\u200d👩\u200d👧", "👨\u200d👩\u200d👧"),
        ("half \ud83d pair", "half \ufffd pair"),
        ("全角　空格", "全角 空格"),
    ],
)
def test_nothing_but_visible_characters_on_one_line_is_left(text: str, shown: str) -> None:
    assert one_line(text) == shown


@given(st.text(st.characters(codec=None), max_size=60))
def test_one_line_is_always_one_harmless_line_that_can_be_encoded(text: str) -> None:
    shown = one_line(text)
    assert len(shown.splitlines()) <= 1
    assert one_line(shown) == shown
    assert shown.encode().decode() == shown
    kinds = {unicodedata.category(character) for character in shown if character not in "\u200c\u200d"}
    assert not kinds & {"Cc", "Cf", "Cs", "Zl", "Zp"}


@given(st.text(max_size=30), st.integers(1, 30))
def test_a_cut_text_is_within_its_limit_and_says_that_it_was_cut(text: str, limit: int) -> None:
    assert len(cut(text, limit)) <= limit
    assert (cut(text, limit) == text) or cut(text, limit).endswith("…")


def test_a_chinese_character_takes_two_columns_and_a_mark_none() -> None:
    assert [width(text) for text in ("abc", "中文", "（）", "é", "▁")] == [3, 4, 4, 1, 1]
    assert pad("中", 4) + "|" == "中  |"
    assert pad("中", 4, right=True) == "  中"


def test_the_columns_of_a_table_stand_under_one_another() -> None:
    table = text_table([("小程序", "启动用户数"), ("Shop", "1,234"), ("云上生鲜",)])
    assert table.splitlines() == ["小程序    启动用户数", "Shop           1,234", "云上生鲜"]
    assert text_table([]) == ""


@given(st.lists(st.tuples(st.text("a中é", max_size=6), st.text("1中", min_size=1, max_size=6)), min_size=1))
def test_every_row_of_a_table_is_equally_wide(rows: list[tuple[str, str]]) -> None:
    assert len({width(line) for line in text_table(rows).splitlines()}) == 1

"""``[[test]]`` blocks: what they say, and every mistake in them with its place."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from smartapp_watch.config.load import load_rules
from smartapp_watch.config.settings import WatchConfig
from smartapp_watch.errors import ConfigError
from smartapp_watch.rules.notation import Cell

Read = Callable[..., WatchConfig]
Mistakes = Callable[..., list[str]]

RULE = """[[rule]]
name = "exits"
metric = "visit_page.bounce_ratio"
rises_by = "10pp"
against = "last_week"
at_least = { pv_count = 500 }
"""


def test_a_test_is_read_with_its_rule_and_its_place(read: Read) -> None:
    rules = (
        RULE + '[[test]]\nrule = "exits"\nname = "fires"\nvalues = "30x7 50"\ncounts = { pv_count = 2000 }\n'
    )
    (test,) = read(rules=rules + 'expect = "ok x7 firing"\nevents = ["2026-11-22 fire"]\n').tests
    assert (test.rule.name, test.name, test.file, test.line) == ("exits", "fires", "rules/own.toml", 7)
    assert test.values == (*[Cell(30)] * 7, Cell(50))
    assert test.expect == ("ok",) * 7 + ("firing",)
    assert test.events == ("2026-11-22 fire",)
    assert (str(test.start), test.real_days) == ("2026-11-15", False)


def test_the_part_of_a_ratio_follows_from_the_whole(read: Read) -> None:
    rules = (
        RULE + '[[test]]\nrule = "exits"\nname = "a"\nvalues = "30 50"\ncounts = { pv_count = "2000 900" }\n'
    )
    (test,) = read(rules=rules + 'expect_last = "ok"\n').tests
    assert dict(test.counts) == {"pv_count": (2000, 900), "exit_count": (600, 450)}


def test_a_written_part_is_left_as_it_is(read: Read) -> None:
    counts = "counts = { pv_count = 2000, exit_count = 7 }"
    rules = RULE + f'[[test]]\nrule = "exits"\nname = "a"\nvalues = "30 50"\n{counts}\nexpect_last = "ok"\n'
    (test,) = read(rules=rules).tests
    assert dict(test.counts)["exit_count"] == (7, 7)


def test_a_written_start_brings_the_holidays_of_those_days(read: Read) -> None:
    rules = RULE + '[[test]]\nrule = "exits"\nname = "a"\nvalues = "30 50"\ncounts = { pv_count = 2000 }\n'
    (test,) = read(rules=rules + 'start = "2026-10-01"\nexpect_last = "ok"\n').tests
    assert (str(test.start), test.real_days) == ("2026-10-01", True)


def test_a_correction_makes_a_test_longer(read: Read) -> None:
    rules = RULE + '[[test]]\nrule = "exits"\nname = "a"\ncounts = { pv_count = 2000 }\nevents = []\n'
    (test,) = read(rules=rules + 'values = "30 50>30@+3"\n').tests
    assert (len(test.values), test.steps) == (2, 5)


@pytest.mark.parametrize(
    ("keys", "mistake"),
    [
        ('rule = "exit"', 'there is no rule "exit"; did you mean `exits`?'),
        ('values = "30 many"', "`values`: many is no value; written 500, 500x7, ~500, 500>950@+1, _ or ?"),
        ('values = ""', "`values`: it is empty"),
        ("values = true", "`values` is true, which is no series"),
        ("values = [30]", "`values` is a list, which is no series"),
        ('counts = { pv_count = "1 2 3" }', "`counts.pv_count` has 3 values, `values` has 2"),
        ('counts = { pv_count = "~1" }', "`counts.pv_count` has more than values and gaps"),
        ('counts = { pv_count = "x" }', "`counts.pv_count`:"),
        ("counts = { pv_count = true }", "`counts.pv_count`"),
        ("counts = { pv_counts = 1 }", '`counts` has "pv_counts", which is no other column'),
        ("counts = { bounce_ratio = 1 }", '`counts` has "bounce_ratio", which is no other column'),
        ("counts = {}", "`counts` lacks `pv_count`, which the rule's `at_least` looks at"),
        ('start = "yesterday"', "`start`: 'yesterday' is no period"),
        ('start = "2026-W47"', '`start` is "2026-W47", a week; the rule judges every day'),
        ('expect = "ok"', "`expect` has 1 states, `values` has 2 values"),
        ('expect = "ok fired"', "`expect`: fired is none of"),
        ('expect_last = "fired"', '`expect_last` is "fired"'),
        ('expect_last = "resolved"', '`expect_last` is "resolved"'),
        ('events = ["fire"]', '`events` has "fire", which is no event'),
        ('events = ["2026-11-22 fires"]', '`events` has "2026-11-22 fires", which is no event'),
        ('events = ["2026-W47 fire"]', '`events` has "2026-W47 fire", which is no event'),
        ('values_ = "1"', "there is no key `values_`; did you mean `values`?"),
    ],
)
def test_a_mistake_in_a_test_is_told_with_its_line(mistakes: Mistakes, keys: str, mistake: str) -> None:
    usual = {
        "rule": 'rule = "exits"',
        "name": 'name = "a"',
        "values": 'values = "30 50"',
        "counts": "counts = { pv_count = 2000 }",
        "expect_last": 'expect_last = "ok"',
    }
    own = keys.partition(" ")[0]
    test = [line for key, line in usual.items() if key != own]
    found = mistakes(rules=RULE + "[[test]]\n" + "\n".join([*test, keys]) + "\n")
    assert len(found) == 1, found
    line = 8 + len(test)
    assert found[0].startswith(f"rules/own.toml:{line}: ") or "lacks" in mistake, found
    assert mistake in found[0]


def test_a_test_that_expects_nothing_is_a_mistake(mistakes: Mistakes) -> None:
    (found,) = mistakes(
        rules=RULE + '[[test]]\nrule = "exits"\nname = "a"\nvalues = "1"\ncounts = { pv_count = 2000 }\n'
    )
    assert "the test expects nothing; `expect`, `expect_last` or `events`" in found


def test_a_test_of_a_rule_with_a_mistake_adds_none(mistakes: Mistakes) -> None:
    broken = RULE.replace("10pp", "10")
    found = mistakes(
        rules=broken + '[[test]]\nrule = "exits"\nname = "a"\nvalues = "1"\nexpect_last = "ok"\n'
    )
    assert len(found) == 1
    assert "which is no amount of change" in found[0]


def test_rules_are_read_from_a_folder_a_file_or_settings(write: Callable[..., Path]) -> None:
    settings = write(rules=RULE)
    folder = settings.parent / "rules"
    for path in (settings, folder, folder / "own.toml"):
        assert [rule.name for rule in load_rules(path)] == ["exits"]


def test_rules_alone_need_nothing_that_is_polled(tmp_path: Path) -> None:
    (tmp_path / "own.toml").write_text(RULE.replace("visit_page.bounce_ratio", "region.user_count"))
    with pytest.raises(ConfigError, match="region"):
        load_rules(tmp_path)
    (tmp_path / "own.toml").write_text(
        '[[rule]]\nname = "a"\nmetric = "tp_data.tp_day_user_count"\nbelow = 5\n'
    )
    assert len(load_rules(tmp_path)) == 1

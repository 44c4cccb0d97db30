"""``[calendar]``: what the file of events makes of days."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable
from datetime import date
from pathlib import Path

from smartapp_watch.config.complaints import known_keys
from smartapp_watch.config.settings import WatchConfig
from smartapp_watch.config.written import WrittenOccasion
from smartapp_watch.rules.calendar import Calendar, DayKind
from smartapp_watch.rules.occasion import Occasion

Find = Callable[..., list[str]]
Read = Callable[..., WatchConfig]

SETTINGS = '[calendar]\nevents = "own/events.toml"\n'
EVENTS = """\
[[event]]
name = "618"
from = "06-16"
to = "06-20"
before = 1
effect = "exclude"

[[event]]
name = "release 4.0"
date = 2026-11-11
after = 2
apps = ["15263713", "预约*"]
tags = ["flag*"]

[[event]]
name = "new year"
from = "12-30"
to = "01-02"

[[event]]
name = "元旦"
kind = "holiday"
from = 2028-01-01
to = 2028-01-03

[[event]]
name = "worked for it"
kind = "workday"
from = 2028-01-07
to = "2028-01-08"
"""


PAGE = (Path(__file__).parents[2] / "docs" / "calendar.md").read_text(encoding="utf-8")


def add(folder: Path, text: str) -> None:
    (folder / "own").mkdir()
    (folder / "own" / "events.toml").write_text(text, encoding="utf-8")


def test_events_are_read_as_they_are_written(read: Read, tmp_path: Path) -> None:
    add(tmp_path, EVENTS)
    calendar = read(SETTINGS).calendar
    assert calendar.occasions == (
        Occasion("618", date(2000, 6, 16), date(2000, 6, 20), yearly=True, before=1, excludes=True),
        Occasion(
            "release 4.0",
            date(2026, 11, 11),
            date(2026, 11, 11),
            after=2,
            apps=("15263713", "预约*"),
            tags=("flag*",),
        ),
        Occasion("new year", date(2000, 12, 30), date(2001, 1, 2), yearly=True),
    )
    assert dict(calendar.overrides) == {
        date(2028, 1, 1): DayKind.HOLIDAY,
        date(2028, 1, 2): DayKind.HOLIDAY,
        date(2028, 1, 3): DayKind.HOLIDAY,
        date(2028, 1, 7): DayKind.ORDINARY,  # a Friday
        date(2028, 1, 8): DayKind.MAKE_UP,
    }


def test_a_year_whose_holidays_are_written_down_is_known(read: Read, tmp_path: Path) -> None:
    add(tmp_path, EVENTS.replace("2028", "2099"))
    assert read(SETTINGS).calendar.knows(2099)


def test_without_a_file_or_with_an_empty_one_there_is_the_official_calendar(
    read: Read, tmp_path: Path
) -> None:
    assert read().calendar == Calendar()
    add(tmp_path, "# none yet\n")
    assert read(SETTINGS).calendar == Calendar()


def test_an_event_of_nobody_is_worth_a_word(warnings: Find, tmp_path: Path) -> None:
    add(tmp_path, '[[event]]\nname = "618"\ndate = "06-18"\ntags = ["flagshop"]\n')
    assert '4: `tags` has "flagshop", which matches nothing' in warnings(SETTINGS)


def test_the_example_in_the_docs_has_every_key_and_no_mistake(read: Read, tmp_path: Path) -> None:
    _, example = re.findall(r"```toml\n(.*?)```", PAGE, re.DOTALL)
    add(tmp_path, example)
    calendar = read(SETTINGS).calendar
    assert len(calendar.occasions) == 2
    assert len(calendar.overrides) == 3
    written = {key for event in tomllib.loads(example)["event"] for key in event}
    assert written == set(known_keys(WrittenOccasion))

"""``apps_file``: a fleet as a table."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import pytest

from smartapp_watch.config.load import inspect, load
from smartapp_watch.config.settings import AppSettings, WatchConfig
from smartapp_watch.errors import ConfigError

SETTINGS = """apps_file = "apps.csv"
[platform]
access_token = { env = "APP_15263713" }
"""
OWN = '[[apps]]\nid = "5"\nname = "own"\naccess_token = { env = "APP_15263713" }\n'

NO_ID = "the column `id` is missing; the first line names the columns: id,name,tags,refresh_token"

Fleet = Callable[..., Path]


@pytest.fixture
def fleet(tmp_path: Path) -> Fleet:
    """Writes settings and the table that they name; returns the settings' path."""

    def write(table: str | bytes, settings: str = SETTINGS) -> Path:
        (tmp_path / "watch.toml").write_text(settings, encoding="utf-8")
        written = table if isinstance(table, bytes) else table.encode()
        (tmp_path / "apps.csv").write_bytes(written)
        return tmp_path / "watch.toml"

    return write


def said(path: Path) -> list[str]:
    _, problems = inspect(path)
    return [str(problem) for problem in problems if not problem.warning]


def apps(config: WatchConfig) -> list[tuple[int, str, set[str]]]:
    return [(each.app.id, each.app.name, set(each.app.tags)) for each in config.apps]


def test_every_line_is_a_mini_program(fleet: Fleet) -> None:
    config = load(fleet("id,name,tags\n15263713,预约挂号,health;flagship\n\n15263714,,\n", SETTINGS + OWN))
    assert apps(config) == [
        (5, "own", set()),
        (15263713, "预约挂号", {"health", "flagship"}),
        (15263714, "", set()),
    ]
    listed, read = config.apps[:2]
    assert read == AppSettings(read.app, None, listed.tables)


@pytest.mark.parametrize(
    "table",
    [
        "\ufeffid,name,tags\r\n1,a,x;y\r\n",
        'tags,id,name\n"x;y","1","a"\n',
        " id , name , tags \n 1 , a , x ; y ;\n",
        "id,name,tags\n,,\n1,a,x;y",
    ],
)
def test_what_spreadsheets_write_is_read(table: str, fleet: Fleet) -> None:
    assert apps(load(fleet(table))) == [(1, "a", {"x", "y"})]


def test_a_text_in_quotes_may_hold_commas_and_quotes(fleet: Fleet) -> None:
    assert apps(load(fleet('id,name\n1,"a, ""b"""\n'))) == [(1, 'a, "b"', set())]


def test_every_bad_line_is_said_at_once(fleet: Fleet) -> None:
    table = 'id,name,tags\nx,a,\n1,b,\n2,"c\nd",\n3,e\n1,f,\n4,g,' + "t" * 101 + "\n5,h,\n1.5E+07,i,\n"
    assert said(fleet(table, SETTINGS + OWN)) == [
        'apps.csv:2: `id` is "x", which is no mini-program\'s number; digits only, as in "15263713"',
        "apps.csv:4: `name` holds a line break or another control character; one line of text",
        "apps.csv:6: 2 columns, but the first line names 3; text with a comma in it stands in quotes",
        "apps.csv:7: the mini-program 1 is listed twice; first at apps.csv:3",
        "apps.csv:8: `tags` is 101 characters long; at most 100",
        "apps.csv:9: the mini-program 5 is listed twice; first at watch.toml:5",
        'apps.csv:10: `id` is "1.5E+07", which is no mini-program\'s number; digits only, as in "15263713"',
    ]


@pytest.mark.parametrize(
    ("table", "mistake"),
    [
        ("", f"1: {NO_ID}"),
        ("name,tags\na,b\n", f"1: {NO_ID}"),
        ("id,nmae\n1,a\n", '1: there is no column "nmae"; did you mean `name`?'),
        (
            "15263713,a,b\n",
            '1: there is no column "15263713"; the columns are id, name, tags and refresh_token',
        ),
        ("id,id\n1,2\n", "1: the column `id` stands twice; leave one of them out"),
        ("id;name;tags\n1;a;b\n", "1: the columns are not separated by commas; "),
        ("id\tname\n1\ta\n", "1: the columns are not separated by commas; "),
        ('id,name\n1,"a\n2,b\n', "2: a quoted text does not end here; "),
        (
            "id,name\n1,公交\n".encode("gbk"),
            "2: this is not UTF-8, but probably GBK; save it as UTF-8; in Excel",
        ),
        ("id,name\n1,a\n".encode("utf-16"), "1: this is not UTF-8, but UTF-16; "),
        (b"PK\x03\x04\xff\xff", "1: this is not UTF-8, but a workbook or an archive; "),
        (b"id,name\n1,a\0\n", "1: this is no text; "),
    ],
)
def test_a_table_that_is_none_is_told_so(table: str | bytes, mistake: str, fleet: Fleet) -> None:
    found = said(fleet(table))
    assert found[0].startswith(f"apps.csv:{mistake}")
    assert "S3CRET" not in "".join(found)


def test_a_table_that_is_not_there_is_told_where_it_is_named(fleet: Fleet, tmp_path: Path) -> None:
    path = fleet("")
    (tmp_path / "apps.csv").unlink()
    assert said(path) == [
        'watch.toml:1: the fleet cannot be read from "apps.csv": No such file or directory',
    ]


def test_without_a_platform_its_mini_programs_have_no_tokens(fleet: Fleet) -> None:
    (mistake,) = said(fleet("id\n1\n", 'apps_file = "apps.csv"\n'))
    assert mistake.startswith(
        "watch.toml:1: the mini-programs of `apps_file` get their tokens through the plat"
    )


def test_a_table_without_lines_is_pointed_out(fleet: Fleet) -> None:
    config, problems = inspect(fleet("id,name\n"))
    assert config is not None
    assert "apps.csv:1: warning: no mini-program is listed; a line for each of them" in map(str, problems)


def test_rules_and_routes_know_the_tags_of_the_fleet(fleet: Fleet) -> None:
    digest = '[[digests]]\nname = "x"\nperiod = "day"\nschedule = "0 9 * * *"\n'
    digest += 'receivers = ["ops"]\ntags = ["{}"]\n'
    ops = '[[receivers]]\nname = "ops"\nkind = "wecom"\nwebhook_url = {{ env = "APP_15263713" }}\n'
    table = "id,tags\n1,health\n"
    assert said(fleet(table, SETTINGS + (ops + digest).format("health"))) == []
    (mistake,) = said(fleet(table, SETTINGS + (ops + digest).format("travel")))
    assert '`tags` has "travel", which no mini-program has' in mistake


def test_ten_thousand_are_read_soon_and_anew_each_time(fleet: Fleet) -> None:
    lines = [f"{number},小程序 {number},tag{number % 7};flagship" for number in range(1, 10_001)]
    path = fleet("id,name,tags\n" + "\n".join(lines))
    began = time.process_time()
    assert len(load(path).apps) == 10_000
    assert time.process_time() - began < 2
    fleet("id,name,tags\n" + "\n".join(lines[:5]))
    assert len(load(path).apps) == 5
    fleet("id,name,tags\n" + "\n".join(f"x{line}" for line in lines))
    with pytest.raises(ConfigError) as error:
        load(path)
    assert len(error.value.problems) == 10_000


def test_a_line_may_bring_a_refresh_token_and_nothing_ever_shows_it(fleet: Fleet) -> None:
    path = fleet("id,refresh_token\n1,46.S3CRET\n2,\n")
    (path.parent / "apps.csv").chmod(0o600)
    config, problems = inspect(path)
    assert config is not None
    first, second = config.apps
    assert first.refresh_token is not None
    assert first.refresh_token.reveal() == "46.S3CRET"
    assert second.refresh_token is None
    assert "S3CRET" not in repr(config) + repr(problems)
    assert not [each for each in problems if "apps.csv" in each.file]


def test_a_table_with_tokens_that_others_may_read_is_warned_of(fleet: Fleet) -> None:
    path = fleet("id,refresh_token\n1,46.S3CRET\n")
    (path.parent / "apps.csv").chmod(0o644)
    warned = [str(each) for each in inspect(path)[1] if each.file == "apps.csv"]
    assert warned == [
        "apps.csv:1: warning: it holds refresh tokens, and other users may read it; chmod 600 apps.csv"
    ]


def test_a_refresh_token_that_stands_twice_is_a_mistake(fleet: Fleet) -> None:
    assert said(fleet("id,refresh_token\n1,46.S3CRET\n2,46.S3CRET\n")) == [
        "apps.csv:3: its `refresh_token` is that of line 2; each has its own"
    ]

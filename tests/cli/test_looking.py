"""``alerts``, ``status``, ``history`` and ``digest``: looking at what is known."""

from __future__ import annotations

import csv
import io

import pytest

from smartapp_watch.cli.show import show_figure
from smartapp_watch.history.database import open_history
from smartapp_watch.history.lock import hold_lock
from smartapp_watch.metrics.catalog import TABLES
from smartapp_watch.metrics.observation import Observation, Query, Reading
from smartapp_watch.metrics.period import Period
from tests.cli.desk import NOW, SICK, WELL, Call, Desk

ALERT = {
    *("id", "rule", "app", "dimensions", "state", "severity", "since", "period"),
    *("value", "baseline", "change", "unit", "acked", "silenced"),
}
HOSTILE = {
    "formula": "=1+1",
    "wide formula": "＝HYPERLINK(1)",
    "newline": "two\nlines\r\n=2+2",
    "colour": "\x1b[31mred\x1b[0m\x9b1m",
    "backwards": "abc\u202egnp.exe",
    "long": "长" * 2000,
    "hidden formula": "\t=3+3",
    "quotes": 'a"b,c;d',
    "emoji": "👩‍💻 <script>*bold*",
}


def test_alerts_are_a_list_with_every_key(judged: Call) -> None:
    done = judged("alerts", "--json")
    assert (done.code, done.err) == (0, "")
    assert len(done.json) == 3
    for alert in done.json:
        assert alert.keys() >= ALERT
        assert (alert["app"], alert["state"], alert["unit"]) == (str(SICK), "firing", "percent")
        assert (alert["acked"], alert["silenced"]) == (False, False)
    assert judged("alerts", "--all", "--json").json == done.json
    shown = judged("alerts").out.splitlines()
    assert shown[0].split()[:3] == ["alert", "state", "severity"]
    assert len(shown) == 4


def test_no_alert_is_said_in_words(at_desk: Call) -> None:
    assert at_desk("alerts").out == "no alert is open\n"
    assert at_desk("alerts", "--all").out == "no alert\n"
    assert at_desk("alerts", "--json").json == []


def test_looking_works_beside_a_writer_and_on_a_folder_that_may_only_be_read(
    judged: Call, filled: Desk
) -> None:
    with hold_lock(filled.history), open_history(filled.history) as history, history.transaction():
        for words in (["status"], ["alerts"], ["history", "user_trend.user_count"], ["digest", "weekly"]):
            done = judged(*words)
            assert (done.code, done.err) == (0, ""), words


@pytest.mark.parametrize("words", [["status"], ["alerts"], ["history", "user_trend.user_count"]])
def test_without_a_history_there_is_one_clear_line(call: Call, desk: Desk, words: list[str]) -> None:
    done = call(*desk.words(*words))
    assert (done.code, done.out) == (1, "")
    assert done.err == f"smartapp-watch: there is no history at {desk.history} yet; poll makes it\n"


@pytest.mark.parametrize("words", [["status"], ["poll"], ["once"], ["run"], ["digest", "weekly", "--send"]])
def test_a_history_that_is_no_database_is_one_clear_line(call: Call, desk: Desk, words: list[str]) -> None:
    desk.history.write_text("dear diary, today the figures were fine and nothing happened at all")
    done = call(*desk.words(*words))
    assert (done.code, done.out) == (1, "")
    assert done.err.splitlines() == [
        f"smartapp-watch: {desk.history} is not a database; [history] path must name a history or a new file"
    ]


def test_status_is_one_document(judged: Call) -> None:
    document = judged("status", "--json").json
    sick, well = document["apps"]
    assert (sick["id"], sick["name"], well["id"]) == (str(SICK), "预约挂号", str(WELL))
    assert sick["newest"]["user_trend"] == "2026-11-22"
    assert sick["newest"]["retained_user"] == "2026-11-21"
    assert (document["open_alerts"], document["failures"], document["queue"]) == (3, [], [])
    shown = judged("status").out
    assert "预约挂号" in shown
    assert "open alerts: 3" in shown


def test_history_is_a_list_with_the_dimensions(judged: Call) -> None:
    done = judged("history", "user_trend.user_count", "--from", "2026-11-20", "--json")
    assert [(each["app"], each["period"]) for each in done.json] == [
        (str(app), f"2026-11-{day}") for day in (20, 21, 22) for app in (SICK, WELL)
    ]
    assert all(isinstance(each["value"], int) for each in done.json)
    pages = judged(
        *("history", "visit_page.bounce_ratio", "--app", str(SICK), "--from", "2026-11-22"),
        *("--where", "page=pages/checkout/*", "--json"),
    ).json
    assert [set(each) for each in pages] == [{"app", "period", "page_id", "page", "alias", "value"}]
    assert pages[0]["value"] > 55


def test_a_value_that_the_api_did_not_have_is_null(judged: Call, filled: Desk) -> None:
    day = Period.parse("2026-10-01")
    table = TABLES["user_trend"]
    row = Observation(day, (), (), (None,) * len(table.report.metrics))
    with open_history(filled.history) as history:
        history.observations.save(Reading(Query(table, WELL, day, day), (row,)), NOW)
    words = ("history", "user_trend.user_count", "--app", str(WELL), "--to", "2026-10-01")
    assert judged(*words, "--json").json == [{"app": str(WELL), "period": "2026-10-01", "value": None}]
    assert judged(*words, "--csv").out == f"app,period,value\n{WELL},2026-10-01,\n"
    assert judged(*words).out.splitlines()[-1].split() == [str(WELL), "2026-10-01", "–"]


@pytest.mark.parametrize(
    ("words", "meant"),
    [
        (["user_trend.user_cuont"], "did you mean user_trend.user_count?"),
        (["new_user_count"], "did you mean user_trend.new_user_count or"),
        (["nonsense"], "written report.field, as user_trend.user_count"),
        (["visit_page.pv_count", "--where", "paeg=x"], "it has page_id, page, alias"),
        (["visit_page.pv_count", "--where", "page"], "--where 'page' is not COLUMN=VALUE"),
        (["visit_page.pv_count", "--every", "hour"], "visit_page has no values every hour; it has day"),
        (
            ["user_trend.user_count", "--from", "2026-W47"],
            "2026-W47 is a week; user_trend holds a value a day",
        ),
        (
            ["user_trend.user_count", "--to", "2026-13-01"],
            "'2026-13-01' is no period: month must be in 1..12",
        ),
        (["user_trend.user_count", "--app", "15263"], "no mini-program 15263 in the history"),
        (["user_trend.user_count", "--json", "--csv"], "--json and --csv are two answers"),
        (["user_trend.user_count", "--every", "year"], "'hour', 'day', 'week', 'month'"),
    ],
)
def test_a_question_that_makes_no_sense_is_wrong_usage(at_desk: Call, words: list[str], meant: str) -> None:
    done = at_desk("history", *words)
    assert (done.code, done.out) == (2, "")
    assert meant in done.err
    assert "Traceback" not in done.err


@pytest.fixture
def hostile(filled: Desk) -> Desk:
    """A history with pages whose paths are meant to do harm."""
    table, day = TABLES["visit_page"], Period.parse("2026-10-01")
    values = (1,) * len(table.report.metrics)
    rows = tuple(
        Observation(day, (f"{number}",), (path, ""), values)
        for number, path in enumerate(HOSTILE.values(), start=1)
    )
    with open_history(filled.history) as history:
        history.observations.save(Reading(Query(table, SICK, day, day), rows), NOW)
    return filled


WORDS = ("history", "visit_page.bounce_ratio", "--to", "2026-10-01")


def test_a_name_cannot_run_in_a_spreadsheet_nor_break_its_lines(hostile: Desk, at_desk: Call) -> None:
    out = at_desk(*WORDS, "--csv").out
    assert len(out.splitlines()) == 1 + len(HOSTILE)
    paths = [row["page"] for row in csv.DictReader(io.StringIO(out))]
    assert paths[:3] == ["'=1+1", "'＝HYPERLINK(1)", "two lines =2+2"]
    assert not any(path.lstrip().startswith(("=", "+", "-", "@", "＝")) for path in paths)
    assert paths[5] == HOSTILE["long"]
    assert paths[6:] == ["'=3+3", HOSTILE["quotes"], HOSTILE["emoji"]]


def test_a_name_cannot_play_tricks_on_a_terminal(hostile: Desk, at_desk: Call) -> None:
    for out in (at_desk(*WORDS).out, at_desk(*WORDS, "--csv").out, at_desk(*WORDS, "--json").out):
        assert not set(out) & set("\x1b\x9b\r\t\u202e")
    shown = at_desk(*WORDS).out.splitlines()
    assert len(shown) == 1 + len(HOSTILE)
    assert max(map(len, shown)) < 150


def test_json_keeps_every_name_as_it_came(hostile: Desk, at_desk: Call) -> None:
    assert [each["page"] for each in at_desk(*WORDS, "--json").json] == list(HOSTILE.values())


def test_a_large_figure_is_written_out(at_desk: Call) -> None:
    assert show_figure(2511005.0, "count") == "2511005"
    assert show_figure(61.63, "percent") == "61.63 %"
    assert show_figure(54.0, "seconds") == "54 s"
    assert show_figure(0.0, None) == "0"
    assert show_figure(None, "count") is None

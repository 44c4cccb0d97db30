"""Whatever stands in the files: an answer in plain words, never a crash, never a library's words."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from smartapp_watch.config.complaints import known_keys
from smartapp_watch.config.load import inspect
from smartapp_watch.config.written import NESTED, REPEATED, TABLES, Written, WrittenTop
from smartapp_watch.config.written_rule import WrittenRule

LIBRARY_WORDS = re.compile(
    r"Input |pydantic|type=|ctx|validat|value_error|Errno|Traceback|\bNone\b|\bNoneType\b"
)
SECRET_KEYS = [
    "access_token", "token", "webhook_url", "password", "refresh_token", "app_token", "secret", "url", "urls",
    "aes_key",
    "heartbeat_url",
]  # fmt: skip
HOLDERS = ["[platform]", "[[apps]]", "[[receivers]]", "[service]"]
KINDS = ("slack", "email", "dingtalk", "feishu", "wecom", "webhook", "apprise")
VALUES = st.sampled_from(
    r"""
    0 | -1 | 1 | 5.5 | inf | nan | true | 1e400 | 1979-05-27 | [] | {} | [[]] | [1, true]
    "" | "x" | " " | "*" | "a\u0000b" | "\uffff\u2028" | { a = { b = [1] } } | { nth = 2 }
    "S3CRET" | ["S3CRET"] | { env = "S3CRET!" } | { file = 5 } | { S3CRET = "x" } | "https://u:S3CRET@a.com"
    "wecom" | "webhook" | "apprise"
    "ops" | ["ops"] | "slack" | "email" | "day" | ["day"] | "10s" | "30%" | "5pp" | "4_weeks" | "* * * * *"
    "user_trend.user_count" | "retained_user.retained_ratio" | ["user_trend", 5]
    9223372036854775807 | { user_count = 5 }
    """.replace("\n", " | ")
    .strip(" |")
    .split(" | ")
)
FORMS: dict[str, tuple[type[Written], ...]] = {
    "": (WrittenTop,),
    **{f"[{name}]": (form,) for name, form in {**TABLES, **NESTED}.items()},
    **{f"[[{name}]]": forms for name, forms in REPEATED.items()},
}


@st.composite
def documents(draw: st.DrawFn) -> str:
    text = ""
    for header, forms in FORMS.items():
        for _ in range(draw(st.integers(0, 2 if header.startswith("[[") else 1))):
            keys = ["own_key", *sorted({key for form in forms for key in known_keys(form)})]
            text += header + "\n" + pairs(draw, keys)
    return text


def pairs(draw: st.DrawFn, keys: list[str]) -> str:
    chosen = draw(st.lists(st.sampled_from(keys), unique=True, max_size=6))
    return "".join(f"{key} = {draw(VALUES)}\n" for key in chosen)


@st.composite
def rule_files(draw: st.DrawFn) -> str:
    keys = sorted(known_keys(WrittenRule))
    return "".join("[[rule]]\n" + pairs(draw, keys) for _ in range(draw(st.integers(0, 3))))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("any")
    (folder / "rules").mkdir()
    return folder


@settings(max_examples=100, deadline=None, suppress_health_check=list(HealthCheck))
@given(documents(), rule_files())
def test_any_settings_are_answered_in_plain_words(folder: Path, text: str, rules: str) -> None:
    (folder / "watch.toml").write_text(text, encoding="utf-8")
    (folder / "rules" / "own.toml").write_text(rules, encoding="utf-8")
    config, problems = inspect(folder / "watch.toml")
    assert (config is None) == any(not problem.warning for problem in problems)
    for problem in problems:
        assert not LIBRARY_WORDS.search(str(problem)), problem
        assert "\n" not in str(problem)
        assert problem.line >= 1


@given(st.sampled_from(SECRET_KEYS), VALUES, st.sampled_from(HOLDERS))
@settings(max_examples=100, deadline=None, suppress_health_check=list(HealthCheck))
def test_no_secret_is_ever_in_an_answer(folder: Path, key: str, value: str, header: str) -> None:
    kinds = [f'kind = "{kind}"\n' for kind in KINDS] if "receivers" in header else [""]
    (folder / "rules" / "own.toml").unlink(missing_ok=True)
    for kind in kinds:
        (folder / "watch.toml").write_text(f"{header}\n{kind}{key} = {value}\n", encoding="utf-8")
        _, problems = inspect(folder / "watch.toml")
        said = "\n".join(map(str, problems)).replace("`S3CRET`, which is none", "")
        assert "S3CRET" not in said

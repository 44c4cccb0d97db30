"""Where secrets come from, and that they go nowhere else."""

from __future__ import annotations

import sys
import time
from pathlib import Path

import pytest

from smartapp_watch.config.command import first_line_of
from smartapp_watch.config.secret import Secret, SecretSource
from smartapp_watch.errors import ConfigError, WatchError


def command(code: str) -> Secret:
    return Secret(SecretSource.COMMAND, (sys.executable, "-c", code), Path("/"))


def refusal(secret: Secret) -> str:
    with pytest.raises(ConfigError) as caught:
        secret.reveal()
    assert caught.value.__suppress_context__
    return str(caught.value)


def test_a_plain_secret_is_what_stands_there() -> None:
    assert Secret(SecretSource.PLAIN, (" 45.abc\n",)).reveal() == "45.abc"


def test_a_variable_is_read_when_the_secret_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    secret = Secret(SecretSource.ENV, ("TOKEN_OF_TEST",))
    assert refusal(secret) == "the environment variable TOKEN_OF_TEST: it is not set"
    monkeypatch.setenv("TOKEN_OF_TEST", "first")
    assert secret.reveal() == "first"
    monkeypatch.setenv("TOKEN_OF_TEST", "second\n")
    assert secret.reveal() == "second"


def test_a_file_is_looked_up_beside_the_settings_and_read_without_white_space(tmp_path: Path) -> None:
    (tmp_path / "token").write_text("  45.abc \n\n")
    assert Secret(SecretSource.FILE, ("token",), tmp_path).reveal() == "45.abc"
    assert Secret(SecretSource.FILE, (str(tmp_path / "token"),), Path("/nowhere")).reveal() == "45.abc"


def test_a_credential_is_read_from_the_folder_that_the_service_was_given(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    secret = Secret(SecretSource.CREDENTIAL, ("tp-token",))
    monkeypatch.delenv("CREDENTIALS_DIRECTORY", raising=False)
    assert refusal(secret).startswith("the credential tp-token: no credentials are given here")
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path))
    assert refusal(secret) == "the credential tp-token: No such file or directory"
    (tmp_path / "tp-token").write_text("42.abc\n")
    assert secret.reveal() == "42.abc"


def test_of_a_command_the_first_line_counts() -> None:
    assert command("print('45.abc'); print('more')").reveal() == "45.abc"


def test_a_command_runs_in_the_settings_folder_without_a_shell(tmp_path: Path) -> None:
    script = tmp_path / "token.sh"
    script.write_text('#!/bin/sh\nprintf "%s|%s" "$PWD" "$1"\n')
    script.chmod(0o700)
    secret = Secret(SecretSource.COMMAND, ("./token.sh", "$HOME; rm -rf x"), tmp_path)
    assert secret.reveal() == f"{tmp_path}|$HOME; rm -rf x"


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        ("import sys; print('S3CRET', file=sys.stderr); sys.exit(3)", "it ended with exit code 3"),
        ("print()", "it is empty"),
        ("print('S3CRET\\x07')", "it holds a line break or another control character"),
        ("import sys; sys.stdout.buffer.write(b'S3CRET\\xff')", "it holds no text"),
        ("while True: print('S3CRET' * 999)", "it prints too much for a secret"),
    ],
)
def test_a_command_that_fails_is_told_without_what_it_wrote(
    code: str, reason: str, capfd: pytest.CaptureFixture[str]
) -> None:
    assert refusal(command(code)) == f"the command {sys.executable}: {reason}"
    assert capfd.readouterr() == ("", "")


def test_a_command_that_is_not_there_is_told_by_its_name() -> None:
    secret = Secret(SecretSource.COMMAND, ("no-such-program", "S3CRET"), Path("/"))
    assert refusal(secret) == "the command no-such-program: No such file or directory"


@pytest.mark.parametrize(
    "code",
    [
        "import time; print('45.abc', flush=True); time.sleep(60)",
        "import os, time; os.close(1); time.sleep(60)",
        "import subprocess; subprocess.Popen(['sleep', '60'])",
    ],
)
def test_a_command_that_hangs_is_ended_in_time(code: str) -> None:
    started = time.monotonic()
    with pytest.raises(WatchError, match="it did not end in time"):
        first_line_of((sys.executable, "-c", code), Path("/"), timeout=0.5)
    assert time.monotonic() - started < 5


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "it is empty"),
        (b" \n\t", "it is empty"),
        (b"S3CRET\nS3CRET", "it holds a line break or another control character"),
        (b"\xff\xfeS3CRET", "it holds no text"),
        (b"S3CRET" * 20000, "it is too long for a secret"),
    ],
)
def test_a_file_that_holds_no_secret_is_told_without_its_content(
    content: bytes, reason: str, tmp_path: Path
) -> None:
    (tmp_path / "token").write_bytes(content)
    assert refusal(Secret(SecretSource.FILE, ("token",), tmp_path)) == f"the file token: {reason}"


def test_a_secret_never_shows_its_value() -> None:
    plain = Secret(SecretSource.PLAIN, ("S3CRET",))
    fetched = Secret(SecretSource.COMMAND, ("vault", "--token=S3CRET"))
    for text in (repr(plain), str(plain), f"{plain}", repr(fetched), plain.described, fetched.described):
        assert "S3CRET" not in text
    assert repr(Secret(SecretSource.ENV, ("TP_TOKEN",))) == "Secret(env: TP_TOKEN)"


def test_a_doubt_is_said_without_reading_the_secret(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    token = tmp_path / "token"
    secret = Secret(SecretSource.FILE, ("token",), tmp_path)
    assert secret.doubt() == "the file token: No such file or directory"
    token.write_text("45.abc")
    token.chmod(0o644)
    assert "can be read by everybody" in secret.doubt()
    token.chmod(0o000)
    assert secret.doubt() == ""
    assert Secret(SecretSource.FILE, (".",), tmp_path).doubt() == "the file . is no file"


def test_a_doubt_about_other_sources(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "stands in the file" in Secret(SecretSource.PLAIN, ("45.abc",)).doubt()
    assert Secret(SecretSource.ENV, ("NOT_THERE_AT_ALL",)).doubt().endswith("is not set here")
    assert Secret(SecretSource.COMMAND, ("sh",)).doubt() == ""
    assert Secret(SecretSource.COMMAND, ("no-such-program",)).doubt().endswith("is not found here")
    assert (
        Secret(SecretSource.COMMAND, ("./no-such-program",), tmp_path).doubt().endswith("is not found here")
    )
    monkeypatch.delenv("CREDENTIALS_DIRECTORY", raising=False)
    credential = Secret(SecretSource.CREDENTIAL, ("tp-token",))
    assert credential.doubt().startswith("no credentials are given here")
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path))
    (tmp_path / "tp-token").write_text("42.abc")
    assert credential.doubt() == ""

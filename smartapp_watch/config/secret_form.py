"""The form that a secret is written in: where it comes from. Its value is in no mistake's text."""

from __future__ import annotations

import re
from pathlib import Path

from pydantic import ValidationInfo

from smartapp_watch.config.secret import Secret, SecretSource
from smartapp_watch.config.wording import did_you_mean, refusal

_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_CREDENTIAL = re.compile(r"(?!\.{1,2}$)[A-Za-z0-9_.@:-]+")


def secret(value: object, info: ValidationInfo) -> Secret:
    """Where a secret comes from. Nothing that may be the secret itself is ever in the mistake's text."""
    folder: Path = (info.context or {}).get("folder", Path())
    if isinstance(value, str):
        if not value.strip():
            raise refusal("is empty", _FORMS)
        return Secret(SecretSource.PLAIN, (value,), folder)
    if not isinstance(value, dict) or len(value) != 1:
        raise refusal("is no secret's source", _FORMS)
    ((kind, reference),) = value.items()
    if kind not in _REFERENCES:
        raise refusal(f"has a source `{kind}`, which is none", did_you_mean(kind, _REFERENCES, _FORMS))
    return Secret(SecretSource(kind), _REFERENCES[kind](reference), folder)


def secrets(value: object, info: ValidationInfo) -> tuple[Secret, ...]:
    """Where each of several secrets comes from: at least one."""
    if not isinstance(value, list) or not value:
        raise refusal("is no list of secrets' sources", f"[{_FORMS.partition(',')[0]}]")
    return tuple(secret(each, info) for each in value)


def _variable(reference: object) -> tuple[str, ...]:
    if not isinstance(reference, str) or not _VARIABLE.fullmatch(reference):
        raise refusal(
            "names no environment variable in `env`", 'its name alone, as in { env = "TP_ACCESS_TOKEN" }'
        )
    return (reference,)


def _file(reference: object) -> tuple[str, ...]:
    if not isinstance(reference, str) or not reference or "\0" in reference:
        raise refusal("names no file in `file`", '{ file = "path" }, relative to the settings')
    return (reference,)


def _credential(reference: object) -> tuple[str, ...]:
    if not isinstance(reference, str) or not _CREDENTIAL.fullmatch(reference):
        raise refusal(
            "names no credential in `credential`", "the name that the service's LoadCredential= gives it"
        )
    return (reference,)


def _command(reference: object) -> tuple[str, ...]:
    words = reference if isinstance(reference, list) else []
    if not words or not all(isinstance(word, str) and "\0" not in word for word in words) or not words[0]:
        raise refusal(
            "names no program in `command`", '{ command = ["program", "argument"] }, a list of texts'
        )
    return tuple(words)


_FORMS = '{ env = "NAME" }, { file = "path" }, { credential = "name" } or { command = ["program"] }'
_REFERENCES = {"env": _variable, "file": _file, "credential": _credential, "command": _command}

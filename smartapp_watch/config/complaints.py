"""Checks one table against its form and puts what is wrong with it into plain sentences."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, TypeVar

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from smartapp_watch.config.document import Part
from smartapp_watch.config.wording import did_you_mean, listed, nearest, show
from smartapp_watch.config.written import NESTED, REPEATED, TABLES, Written, WrittenTop

W = TypeVar("W", bound=Written)

_KINDS = {
    "string_type": "text",
    "int_type": "whole number",
    "float_type": "number",
    "list_type": "list",
    "dict_type": "table",
}
_NUMBER = re.compile(r"\s*(\d+)\s*([a-z]+|%)?\s*", re.ASCII)


def read_part(part: Part, form: type[W], folder: Path, without: frozenset[str] = frozenset()) -> W | None:
    """The table in its form; None, and every mistake noted, where it is not fit.

    ``folder``: what relative paths of secrets start from. ``without``: keys that are judged elsewhere.
    """
    data = {key: value for key, value in part.data.items() if key not in without}
    try:
        return form.model_validate(data, context={"folder": folder})
    except ValidationError as error:
        details = error.errors(include_url=False, include_input=False)
    for detail in details:
        part.mistake(detail["loc"], *_sentence(detail, data, form))
    return None


def known_keys(form: type[Written]) -> dict[str, str]:
    """The keys that a table may have, each with the name of its field."""
    return {field.alias or name: name for name, field in form.model_fields.items()}


def _sentence(detail: ErrorDetails, data: dict[str, Any], form: type[Written]) -> tuple[str, str]:
    """What is wrong, and what was probably meant."""
    kind, place, context = detail["type"], detail["loc"], detail.get("ctx", {})
    key = _called(place)
    if kind == "extra_forbidden":
        return _unknown(str(place[-1]), form)
    if kind == "missing":
        return f"{key} is missing", _example(str(place[-1]), form)
    if kind == "own":
        return f"{key} {context['what']}", context["meant"]
    if kind == "too_short":
        return f"{key} is empty", _example(str(place[-1]), form) or "leave the key out, or name something"
    value = _value(data, place)
    if kind in _KINDS:
        return f"{key} is {show(value)}, which is no {_KINDS[kind]}", _meant_kind(kind, value)
    return f"{key} is {show(value)}", _meant_value(kind, value, context)


def _called(place: tuple[str | int, ...]) -> str:
    """How a place is spoken of."""
    keys = "`" + ".".join(step for step in place if isinstance(step, str)) + "`"
    return f"an entry of {keys}" if isinstance(place[-1], int) else keys


def _unknown(key: str, form: type[Written]) -> tuple[str, str]:
    close = nearest(key, known_keys(form))
    elsewhere = _places_of(key, form)
    if elsewhere and (not close or form is WrittenTop):
        return f"`{key}` does not belong here", f"it belongs {elsewhere}"
    return f"there is no key `{key}`", f"did you mean `{close}`?" if close else _all_keys(form)


def _all_keys(form: type[Written]) -> str:
    return f"the keys are {listed(known_keys(form), 'and')}"


def _places_of(key: str, here: type[Written]) -> str:
    """Where a key that stands in the wrong table, ``here``, belongs; empty where that is not clear."""
    if key in known_keys(WrittenTop):
        return "above the first table of the file"
    found = [f"in `[{name}]`" for name, form in {**TABLES, **NESTED}.items() if key in known_keys(form)]
    found += [
        f"in `[[{name}]]`"
        for name, forms in REPEATED.items()
        if here not in forms and any(key in known_keys(form) for form in forms)
    ]
    inner = [f"in `[{name}]`" for name in NESTED if TABLES.get(name.partition(".")[0]) is here]
    found = [each for each in found if each in inner] or found
    return found[0] if len(found) == 1 else ""


def _example(key: str, form: type[Written]) -> str:
    field = form.model_fields.get(known_keys(form).get(key, ""))
    return f"write {key} = {field.examples[0]}" if field is not None and field.examples else ""


def _value(data: Any, place: tuple[str | int, ...]) -> Any:
    for step in place:
        data = data[step]
    return data


def _meant_kind(kind: str, value: object) -> str:
    if kind == "list_type" and isinstance(value, str | int):
        return f"written as a list: [{show(value)}]"
    number = _NUMBER.fullmatch(value) if isinstance(value, str) else None
    if kind in {"int_type", "float_type"} and number is not None:
        return f"written without quotes{' and unit' if number[2] else ''}: {number[1]}"
    if kind == "int_type" and isinstance(value, float) and value.is_integer():
        return f"{int(value)}"
    if kind == "string_type" and isinstance(value, int | float):
        return f'written in quotes: "{show(value)}"'
    if kind == "dict_type":
        return "written { key = value }"
    return ""


def _meant_value(kind: str, value: object, context: dict[str, Any]) -> str:
    if kind == "literal_error":
        words = context["expected"].replace("'", "").replace(" or ", ", ").split(", ")
        return did_you_mean(str(value), words, f"one of {listed(words)}")
    if kind == "bool_type":
        return "true or false, without quotes"
    for bound, words in (("gt", "more than"), ("ge", "at least"), ("le", "at most")):
        if bound in context:
            return f"{words} {context[bound]:g}"
    return "a finite number"

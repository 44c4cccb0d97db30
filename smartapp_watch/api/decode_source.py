"""Sources: a group's ``name`` is the list of its child rows; what the group is called, only they say."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from smartapp_watch.api.fields import NAMELESS, Place, Row, metric_values, note_unknown, text
from smartapp_watch.api.page import Line, Sheet, objects
from smartapp_watch.metrics.observation import Observation


def source_lines(sheet: Sheet, row: Row, place: Place) -> Iterable[Line]:
    """A group with its children; or a row that stands alone, with a plain name and codes of its own."""
    found = row.get("name")
    if isinstance(found, str) and (found or "sceneId" in row or "source" in row):
        source, scene = text(row, "source", place) or "", text(row, "sceneId", place) or ""
        key = ("alone", source, scene, "" if source or scene else found)
        return (Line((key,), (_observation(sheet, row, (source, scene), found, place),)),)
    children = objects(found or [], "name", place)
    return (_group_line(sheet, row, children, place),)


def _group_line(sheet: Sheet, row: Row, children: list[Row], place: Place) -> Line:
    code = _common_code(children, place)
    group = _observation(sheet, row, (code, ""), None, place)
    below = [_child(sheet, child, code, place) for child in children]
    scenes = tuple(child.dimensions[1] for child in below)
    # a group without children has nothing to be told apart by: another one may be another group
    keys = (("group", code, scenes), *(("child", code, scenes, scene) for scene in scenes)) if below else ()
    return Line(keys, (group, *below))


def _common_code(children: list[Row], place: Place) -> str:
    codes = {text(child, "source", place) or "" for child in children}
    return codes.pop() if len(codes) == 1 else ""


def _child(sheet: Sheet, row: Row, code: str, place: Place) -> Observation:
    source = code or text(row, "source", place) or ""
    scene = text(row, "sceneId", place) or NAMELESS
    unknown = row.keys() - sheet.known
    if unknown:
        note_unknown(sheet.report, unknown)
    return _observation(sheet, row, (source, scene), text(row, "name", place), place)


def _observation(
    sheet: Sheet, row: Row, codes: tuple[str, str], called: str | None, place: Place
) -> Observation:
    values = metric_values(row, sheet.report, place)
    return Observation(sheet.query.first, codes, (called,), values)


def number_groups(lines: Sequence[Line]) -> Iterator[Observation]:
    """All observations, the second group of one code as ``39#2``, the second without a code as ``#2``."""
    seen: Counter[object] = Counter()
    for line in lines:
        code, scene = line.observations[0].dimensions
        if scene:
            yield from line.observations
            continue
        seen[code] += 1
        yield from _numbered(line.observations, code, seen[code])


def _numbered(observations: Sequence[Observation], code: str | int, nth: int) -> Iterator[Observation]:
    for observation in observations:
        source, scene = observation.dimensions
        own = nth > 1 and source == code
        yield replace(observation, dimensions=(f"{code}#{nth}", scene)) if own else observation

"""The keys above the first table, ``[history]`` and ``[api]``."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass
from zoneinfo import ZoneInfo, available_timezones

from smartapp_watch.config.complaints import read_part
from smartapp_watch.config.document import Part
from smartapp_watch.config.review import check_exposure
from smartapp_watch.config.settings import ApiSettings, HistorySettings
from smartapp_watch.config.wording import did_you_mean, show
from smartapp_watch.config.written import (
    NESTED,
    REPEATED,
    TABLES,
    WrittenApi,
    WrittenHistory,
    WrittenTop,
)
from smartapp_watch.metrics.words import Language

_BEIJING = "Asia/Shanghai"


@dataclass(frozen=True)
class Top:
    """What concerns everything else. ``folder`` is the settings' own; the other paths may not exist."""

    folder: Path
    timezone: ZoneInfo
    language: Language
    rules: Path
    templates: Path
    history: HistorySettings
    api: ApiSettings
    apps_file: Path | None = None


def read_top(part: Part, folder: Path) -> Top:
    """The keys above the first table, ``[history]`` and ``[api]``, every mistake noted."""
    _refuse_unknown_tables(part)
    tables = frozenset(key for key in part.data if not _is_plain(part, key))
    written = read_part(part, WrittenTop, folder, without=tables) or WrittenTop()
    templates = folder / written.templates
    if templates.exists() and not templates.is_dir():
        part.mistake(
            "templates", f"{show(written.templates)} is no folder", "the folder that templates are in"
        )
    return Top(
        folder,
        _timezone(part, written.timezone),
        Language(written.language),
        folder / written.rules,
        templates,
        _read_history(part.table("history"), folder),
        _read_api(part.table("api")),
        folder / written.apps_file if written.apps_file is not None else None,
    )


def _is_plain(part: Part, key: str) -> bool:
    """Whether a key of the document is one of those above the first table, or meant to be."""
    known_table = key in TABLES or key in REPEATED
    return not known_table and (key in WrittenTop.model_fields or not _is_table(part.data[key]))


def _is_table(value: object) -> bool:
    return isinstance(value, dict) or (
        isinstance(value, list) and any(isinstance(entry, dict) for entry in value)
    )


def _refuse_unknown_tables(part: Part) -> None:
    for key in part.data:
        if key in {"rule", "test"}:
            part.mistake(key, f"`[[{key}]]` belongs into a rule file", "rules/*.toml")
        elif key == "event":
            part.mistake(key, "`[[event]]` belongs into a file of events", "[calendar] events")
        elif not _is_plain(part, key) and key not in TABLES and key not in REPEATED:
            known = [f"[{name}]" for name in (*TABLES, *NESTED)] + [f"[[{name}]]" for name in REPEATED]
            meant = did_you_mean(
                key, (name.strip("[]") for name in known), f"the tables are {', '.join(known)}"
            )
            part.mistake(key, f"there is no table `[{key}]`", meant)


def _timezone(part: Part, name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        beijing = "beijing" in name.lower() or "china" in name.lower()
        meant = (
            f"did you mean `{_BEIJING}`?" if beijing else did_you_mean(name, available_timezones(), _BEIJING)
        )
        part.mistake("timezone", f"there is no time zone {show(name)}", meant)
    return ZoneInfo(_BEIJING)


def _read_history(part: Part, folder: Path) -> HistorySettings:
    written = read_part(part, WrittenHistory, folder) or WrittenHistory()
    return HistorySettings(folder / written.path, written.keep_days, written.keep_breakdown_days)


def _read_api(part: Part) -> ApiSettings:
    written = read_part(part, WrittenApi, Path()) or WrittenApi()
    check_exposure(part, "base_url", written.base_url)
    return ApiSettings(
        written.base_url,
        written.requests_per_second,
        written.concurrency,
        written.timeout,
        _proxies(written.base_url),
    )


def _proxies(base_url: str) -> dict[str, str]:
    """The proxies that the surroundings name for the API's host; none where they except it."""
    host = urlsplit(base_url).hostname or ""
    return {} if proxy_bypass(host) else getproxies()

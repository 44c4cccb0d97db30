"""Reads ``watch.toml`` and its rule files, and says everything that is wrong with them at once."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

from smartapp_watch.config.calendar import events_file, read_calendar
from smartapp_watch.config.delivery import read_delivery
from smartapp_watch.config.document import Document, Findings, Part, read_document
from smartapp_watch.config.fleet import add_fleet
from smartapp_watch.config.maintenance import read_maintenance
from smartapp_watch.config.polling import Polling, read_polling
from smartapp_watch.config.rules import RuleFile, read_rules, rule_files
from smartapp_watch.config.service import read_service
from smartapp_watch.config.settings import PlatformSettings, PollSettings, WatchConfig
from smartapp_watch.config.together import review_together
from smartapp_watch.config.top import Top, read_top
from smartapp_watch.config.web import read_web
from smartapp_watch.config.wording import show
from smartapp_watch.errors import ConfigError, Problem
from smartapp_watch.rules.rule import Rule
from smartapp_watch.rules.rule_test import RuleTest


def load(path: Path) -> WatchConfig:
    """The settings and rules, checked and complete; ConfigError with every mistake in all files."""
    config, problems = inspect(path)
    if config is None:
        raise ConfigError(tuple(problem for problem in problems if not problem.warning))
    return config


def inspect(path: Path) -> tuple[WatchConfig | None, tuple[Problem, ...]]:
    """The settings and rules, None where there is a mistake; and every mistake and warning.

    Nothing is contacted and no secret is read.
    """
    findings = Findings()
    path = path.absolute()
    document = read_document(path, _shown(path, path.parent), findings)
    config = _read(path, document, findings) if document is not None else None
    own = document.shown if document is not None else ""
    problems = tuple(sorted(findings.problems, key=lambda problem: (problem.file != own, problem)))
    if config is None or findings.mistakes:
        return None, problems
    return replace(config, warnings=tuple(map(str, problems))), problems


def templates_folder(path: Path) -> Path | None:
    """The folder of the operator's templates, whatever else is wrong; None where there is none."""
    document = read_document(path.absolute(), path.name, Findings())
    top = read_top(Part(document, Findings()), path.absolute().parent) if document is not None else None
    folder = top.templates if top is not None else path.absolute().parent / "templates"
    return folder if folder.is_dir() else None


def _read(path: Path, document: Document, findings: Findings) -> WatchConfig:
    part = Part(document, findings)
    top = read_top(part, path.parent)
    polling = read_polling(part, path.parent, top.history.path.parent)
    if top.apps_file is not None:
        polling = add_fleet(part, polling, top.apps_file, _shown(top.apps_file, top.folder))
    delivery = read_delivery(part, top.language, path.parent)
    maintenance = read_maintenance(part, top.timezone)
    service = read_service(part.table("service"), path.parent)
    web = read_web(part, path.parent)
    events = events_file(part.table("calendar"), path.parent)
    calendar = read_calendar(part, events, _shown(events, top.folder) if events else "", polling)
    rules, tests = _read_rules(part, top, polling)
    review_together(part, top, polling, rules)
    return WatchConfig(
        file=path,
        timezone=top.timezone,
        language=top.language,
        history=top.history,
        api=top.api,
        platform=polling.platform,
        poll=polling.poll,
        apps=polling.apps,
        receivers=delivery.receivers,
        routes=delivery.routes,
        digests=delivery.digests,
        maintenance=maintenance,
        service=service,
        web=web,
        calendar=calendar,
        rules=rules,
        tests=tests,
        templates=top.templates if top.templates.is_dir() else None,
    )


def load_rules(path: Path) -> tuple[Rule, ...]:
    """The rules of a folder, of a rule file, or of settings; ConfigError with every mistake in them.

    Rules alone say nothing of what is polled, so that is not checked.
    """
    findings = Findings()
    path = path.absolute()
    folder = path if path.is_dir() else path.parent
    if path.is_dir():
        paths = rule_files(path)
    else:
        document = read_document(path, _shown(path, folder), findings)
        if document is not None and not {"rule", "test"}.intersection(document.data):
            return load(path).rules
        paths = [path]
    nothing = Polling(PlatformSettings(), PollSettings(), (), complete=False)
    files = (RuleFile(each, _shown(each, folder), _relative(each, folder) or str(each)) for each in paths)
    rules, _ = read_rules(files, nothing, findings)
    if findings.mistakes:
        raise ConfigError(tuple(problem for problem in findings.problems if not problem.warning))
    return rules


def _read_rules(part: Part, top: Top, polling: Polling) -> tuple[tuple[Rule, ...], tuple[RuleTest, ...]]:
    try:
        paths = rule_files(top.rules)
    except OSError as error:
        if isinstance(part.data.get("rules"), str) or top.rules.exists():
            what = f"the rules cannot be read from {show(top.rules.name)}: {error.strerror}"
            part.mistake("rules", what, "the folder that the rule files are in")
        return (), ()
    folder = top.folder
    files = (RuleFile(path, _shown(path, folder), _relative(path, folder) or str(path)) for path in paths)
    return read_rules(files, polling, part.findings)


def _shown(path: Path, folder: Path) -> str:
    """A path as people would type it: from where they are, else from the settings' folder."""
    return _relative(path, Path.cwd()) or _relative(path, folder) or str(path)


def _relative(path: Path, folder: Path) -> str:
    """The way down from a folder to a file; empty where it does not lead down."""
    way = os.path.relpath(path, folder)
    return "" if way.startswith("..") else way

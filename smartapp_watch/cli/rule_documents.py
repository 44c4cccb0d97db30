"""What trying rules on the past found, as the JSON documents that scripts rely on."""

from __future__ import annotations

from smartapp_watch.evaluate.backtest import Backtest, Episode
from smartapp_watch.notify.document import Document
from smartapp_watch.rules.difference import RuleChange


def backtest_document(found: Backtest) -> Document:
    """What a backtest found."""
    return {"episodes": [_episode(each) for each in found.episodes], "per_week": found.per_week}


def diff_document(
    changes: list[RuleChange], only: tuple[dict[int, str], list[Episode], list[Episode]] | None
) -> Document:
    """What two sets of rules differ in; without a history ``only_old`` and ``only_new`` are null."""
    return {
        "rules": [
            {
                "rule": change.name,
                "change": change.kind,
                "keys": {key: {"old": old, "new": new} for key, old, new in change.keys},
            }
            for change in changes
        ],
        "only_old": None if only is None else [_episode(each) for each in only[1]],
        "only_new": None if only is None else [_episode(each) for each in only[2]],
    }


def _episode(episode: Episode) -> Document:
    return {
        "rule": episode.rule,
        "app": None if episode.app_id is None else str(episode.app_id),
        "dimensions": dict(episode.dimensions),
        "from": str(episode.from_),
        "to": None if episode.to is None else str(episode.to),
        "peak": episode.peak,
        "state": episode.state,
        "texts": dict(episode.texts),
    }

"""What Slack would refuse a post for, as its documentation and the reports of others have it."""

from __future__ import annotations

import re
from typing import Any

_LIVE = re.compile(r"<(?!https?://)[^>]*>|<[^>]*$")


def violations(payload: dict[str, Any]) -> list[str]:
    """Everything about a post that Slack would refuse, or that would notify people who were not meant."""
    blocks = payload.get("blocks") or []
    found = [] if payload.get("text") else ["no text"]
    if len(payload.get("text", "")) > 4000:
        found.append("the text is longer than 4,000")
    if len(blocks) > 50:
        found.append("more than 50 blocks")
    texts = [text for block in blocks for text in _texts_of(block, found)]
    if sum(len(text) for text in texts) > 12_000:
        found.append("more than 12,000 characters in all")
    found += [f"live markup: {text}" for text in [*texts, payload.get("text", "")] if _LIVE.search(text)]
    return found


def _texts_of(block: dict[str, Any], found: list[str]) -> list[str]:
    match block["type"]:
        case "header":
            return [_text(block["text"], "plain_text", 150, found)]
        case "section" if "text" in block:
            return [_text(block["text"], "mrkdwn", 3000, found)]
        case "section":
            if not 1 <= len(block["fields"]) <= 10:
                found.append("a section has 1 to 10 fields")
            return [_text(field, "mrkdwn", 2000, found) for field in block["fields"]]
        case "context":
            if not 1 <= len(block["elements"]) <= 10:
                found.append("a context has 1 to 10 elements")
            return [_text(element, "mrkdwn", 3000, found) for element in block["elements"]]
    found.append(f"an unknown block {block['type']}")
    return []


def _text(part: dict[str, Any], kind: str, limit: int, found: list[str]) -> str:
    text = str(part["text"])
    if part["type"] != kind:
        found.append(f"{part['type']} in place of {kind}")
    if not 1 <= len(text) <= limit:
        found.append(f"a text of {len(text)} in place of 1 to {limit}")
    if set(part) - {"type", "text", "emoji", "verbatim"}:
        found.append(f"unknown keys in {sorted(part)}")
    return text

"""What Slack accepts as a message: the limits of Block Kit, as documented and as measured."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

Fields = Mapping[str, object]

_BLOCKS = 50
_ALL_TEXT = 13_200  # of all blocks together; undocumented, but enforced
_TEXT = 40_000
_ID = 255

_KEYS = {
    "header": {"text"},
    "section": {"text", "fields", "accessory", "expand"},
    "divider": set(),
    "context": {"elements"},
    "image": {"image_url", "slack_file", "alt_text", "title"},
    "actions": {"elements"},
    "markdown": {"text"},
}
"""The kinds of blocks, and which keys they may have beside ``type`` and ``block_id``."""

_BUTTON = {"type", "text", "action_id", "url", "value", "style", "accessibility_label"}
_OVERFLOW = {"type", "action_id", "options"}
_SELECT = {"type", "action_id", "options", "placeholder"}
_OPTIONS = {"overflow": 5, "static_select": 100}


def refuse(
    text: object, blocks: object, can_be_shown: Callable[[object], bool] = lambda _: True
) -> tuple[str, list[str]] | None:
    """Slack's error for such a message and what it says about it; None where it is accepted.

    ``can_be_shown``: whether a file of that number is one that Slack can show.
    """
    if not text and not blocks:
        return "no_text", []
    if len(str(text or "")) > _TEXT:
        return "msg_too_long", []
    if not blocks:
        return None
    problems = list(_problems(blocks))
    if not problems and not all(map(can_be_shown, pictures(blocks))):
        problems = ["invalid slack file [json-pointer:/blocks/slack_file]"]
    if problems:
        return "invalid_blocks", problems
    if sum(_lengths(blocks)) > _ALL_TEXT:
        return "msg_blocks_too_long", []
    return None


def pictures(blocks: object) -> list[str]:
    """The numbers of the uploaded files that such blocks show."""
    files = (block.get("slack_file") for block in blocks) if isinstance(blocks, list) else ()
    return [str(file.get("id")) for file in files if isinstance(file, dict)]


def _problems(blocks: object) -> Iterator[str]:
    if not isinstance(blocks, list):
        yield "must be an array"
        return
    if len(blocks) > _BLOCKS:
        yield f"no more than {_BLOCKS} items allowed [json-pointer:/blocks]"
    ids = [block["block_id"] for block in blocks if isinstance(block, dict) and "block_id" in block]
    if len(set(ids)) < len(ids):
        yield "block_id is used twice [json-pointer:/blocks]"
    for number, block in enumerate(blocks):
        for problem in _of_block(block):
            yield f"{problem} [json-pointer:/blocks/{number}]"


def _of_block(block: object) -> Iterator[str]:
    if not isinstance(block, dict) or block.get("type") not in _KEYS:
        yield "unsupported type"
        return
    unknown = set(block) - _KEYS[block["type"]] - {"type", "block_id"}
    if unknown:
        yield f"no such key: {', '.join(sorted(unknown))}"
    if not 0 < len(str(block.get("block_id", "-"))) <= _ID:
        yield "block_id must have 1 to 255 characters"
    match block["type"]:
        case "header":
            yield from _of_text(block.get("text"), 150, plain=True)
        case "section":
            yield from _of_section(block)
        case "context":
            yield from _of_list(block.get("elements"), 10, "elements", _of_context_element)
        case "image":
            yield from _of_image(block)
        case "actions":
            yield from _of_list(block.get("elements"), 25, "elements", _of_action)
        case "markdown":
            yield from _of_string(block.get("text"), 12_000, "text")


def _of_section(block: Fields) -> Iterator[str]:
    if "text" not in block and "fields" not in block:
        yield "text or fields are required"
    if "text" in block:
        yield from _of_text(block["text"], 3000)
    if "fields" in block:
        yield from _of_list(block["fields"], 10, "fields", lambda field: _of_text(field, 2000))
    if "accessory" in block:
        accessory = block["accessory"]
        is_image = isinstance(accessory, dict) and accessory.get("type") == "image"
        yield from _of_image(accessory) if is_image else _of_action(accessory)


def _of_image(image: object) -> Iterator[str]:
    if not isinstance(image, dict):
        yield "must be an object"
        return
    if ("image_url" in image) == ("slack_file" in image):
        yield "either image_url or slack_file is required"
    if "image_url" in image:
        yield from _of_string(image["image_url"], 3000, "image_url")
    yield from _of_string(image.get("alt_text"), 2000, "alt_text")
    if "title" in image:
        yield from _of_text(image["title"], 2000, plain=True)


def _of_context_element(element: object) -> Iterator[str]:
    is_image = isinstance(element, dict) and element.get("type") == "image"
    yield from _of_image(element) if is_image else _of_text(element, 3000)


def _of_action(element: object) -> Iterator[str]:
    kinds = {"button": _BUTTON, "overflow": _OVERFLOW, "static_select": _SELECT}
    if not isinstance(element, dict) or element.get("type") not in kinds:
        yield "unsupported element"
        return
    kind = element["type"]
    unknown = set(element) - kinds[kind]
    if unknown:
        yield f"no such key: {', '.join(sorted(unknown))}"
    yield from _of_string(element.get("action_id", "-"), _ID, "action_id")
    if kind in _OPTIONS:
        yield from _of_list(element.get("options"), _OPTIONS[kind], "options", _of_option)
        if "placeholder" in element:
            yield from _of_text(element["placeholder"], 150, plain=True)
        return
    yield from _of_text(element.get("text"), 75, plain=True)
    yield from _of_string(element.get("url", "-"), 3000, "url")
    yield from _of_string(element.get("value", "-"), 2000, "value")
    if element.get("style", "primary") not in {"primary", "danger"}:
        yield "style must be primary or danger"


def _of_option(option: object) -> Iterator[str]:
    if not isinstance(option, dict):
        yield "must be an object"
        return
    yield from _of_text(option.get("text"), 75, plain=True)
    yield from _of_string(option.get("value"), 150, "value")


def _of_list(items: object, most: int, name: str, judge: Callable[[object], Iterator[str]]) -> Iterator[str]:
    if not isinstance(items, list) or not 1 <= len(items) <= most:
        yield f"{name} must be 1 to {most} items"
        return
    for item in items:
        yield from judge(item)


def _of_text(text: object, most: int, *, plain: bool = False) -> Iterator[str]:
    if not isinstance(text, dict) or text.get("type") not in {"plain_text", "mrkdwn"}:
        yield "must be a text object"
        return
    if plain and text["type"] != "plain_text":
        yield "must be plain_text"
    extra = "emoji" if text["type"] == "plain_text" else "verbatim"
    if set(text) - {"type", "text", extra}:
        yield "a text object has a key too many"
    yield from _of_string(text.get("text"), most, "text")


def _of_string(value: object, most: int, name: str) -> Iterator[str]:
    if not isinstance(value, str) or not 1 <= len(value) <= most:
        yield f"{name} must have 1 to {most} characters"


def _lengths(value: object) -> Iterator[int]:
    if isinstance(value, list):
        for item in value:
            yield from _lengths(item)
    elif isinstance(value, dict):
        for key, item in value.items():
            if key in {"text", "alt_text"} and isinstance(item, str):
                yield len(item)
            else:
                yield from _lengths(item)

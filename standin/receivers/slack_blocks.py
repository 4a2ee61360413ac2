"""Block Kit's published limits, of the blocks that a message of ours may have.

https://docs.slack.dev/reference/block-kit/blocks and /block-elements, as read in November 2026; the same numbers are in the
table of the crate slackblocks 2.7.0 (specification 1.2.0).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from .limits import too_long

# https://docs.slack.dev/reference/methods/chat.postMessage: "blocks".
MOST_BLOCKS = 50
# Not documented; seen by others with all texts of a message together (https://github.com/slackapi/bolt-js/issues/2509).
MOST_CHARACTERS = 13_200
SECTION_TEXT = 3_000
FIELDS = 10
FIELD_TEXT = 2_000
HEADER_TEXT = 150
CONTEXT_ELEMENTS = 10
CONTEXT_TEXT = 2_000
ACTIONS = 25
BUTTON_TEXT = 75
BUTTON = {"url": 3_000, "value": 2_000, "action_id": 255}
# A text object's most; the page on rich text has no number for its texts.
RICH_TEXT = 3_000
LINK_URL = 3_000
BLOCK_ID = {"block_id": 255}
IMAGE = {"image_url": 3_000, "alt_text": 2_000}

Block = dict[str, Any]


def problems_of(blocks: Any) -> list[str]:
    """What Slack says ``invalid_blocks`` to."""
    if not isinstance(blocks, list):
        return ["blocks: expected a list"]
    if len(blocks) > MOST_BLOCKS:
        return [f"blocks: expected at most {MOST_BLOCKS}, got {len(blocks)}"]
    return [f"blocks[{number}].{problem}" for number, block in enumerate(blocks) for problem in _block(block)]


def characters(value: Any) -> int:
    """How long all texts of blocks are together."""
    if isinstance(value, dict):
        own = len(value["text"]) if isinstance(value.get("text"), str) else 0
        return own + sum(characters(inner) for inner in value.values())
    return sum(map(characters, value)) if isinstance(value, list) else 0


def _block(block: Any) -> Iterator[str]:
    kind = block.get("type") if isinstance(block, dict) else None
    if kind not in _KINDS:
        yield f"type: expected one of {', '.join(_KINDS)}, got {kind!r}"
        return
    yield from too_long(block, BLOCK_ID)
    yield from _KINDS[kind](block)


def _text(value: Any, most: int, *kinds: str) -> Iterator[str]:
    if not isinstance(value, dict) or value.get("type") not in kinds:
        yield f"text: expected {' or '.join(kinds)}"
    elif not isinstance(value.get("text"), str) or not 1 <= len(value["text"]) <= most:
        yield f"text.text: expected 1 to {most} characters, got {len(value.get('text') or '')}"


def _section(block: Block) -> Iterator[str]:
    fields = block.get("fields")
    if "text" not in block and not fields:
        yield "text: expected a text or fields"
    if "text" in block:
        yield from _text(block["text"], SECTION_TEXT, "mrkdwn", "plain_text")
    if fields is not None:
        if len(fields) > FIELDS:
            yield f"fields: expected at most {FIELDS}, got {len(fields)}"
        for field in fields:
            yield from _text(field, FIELD_TEXT, "mrkdwn", "plain_text")
    if "accessory" in block:
        yield from _element(block["accessory"])


def _header(block: Block) -> Iterator[str]:
    yield from _text(block.get("text"), HEADER_TEXT, "plain_text")


def _context(block: Block) -> Iterator[str]:
    elements = block.get("elements") or []
    if not 1 <= len(elements) <= CONTEXT_ELEMENTS:
        yield f"elements: expected 1 to {CONTEXT_ELEMENTS}, got {len(elements)}"
    for element in elements:
        if element.get("type") == "image":
            yield from _element(element)
        else:
            yield from _text(element, CONTEXT_TEXT, "mrkdwn", "plain_text")


def _actions(block: Block) -> Iterator[str]:
    elements = block.get("elements") or []
    if not 1 <= len(elements) <= ACTIONS:
        yield f"elements: expected 1 to {ACTIONS}, got {len(elements)}"
    for element in elements:
        yield from _element(element)


def _element(element: Block) -> Iterator[str]:
    match element.get("type"):
        case "button":
            yield from _text(element.get("text"), BUTTON_TEXT, "plain_text")
            yield from too_long(element, BUTTON)
        case "image":
            if not element.get("alt_text"):
                yield "alt_text: expected a text"
            yield from too_long(element, IMAGE)
        case kind:
            yield f"type: expected button or image, got {kind!r}"


def _image(block: Block) -> Iterator[str]:
    yield from _element(block)


def _rich_text(block: Block) -> Iterator[str]:
    yield from _each(block, "elements", _RICH)


def _each(of: Block, name: str, kinds: dict[str, Callable[[Block], Iterator[str]]]) -> Iterator[str]:
    elements = of.get(name)
    if not isinstance(elements, list):
        yield f"{name}: expected a list"
        return
    for number, element in enumerate(elements):
        kind = element.get("type") if isinstance(element, dict) else None
        if kind in kinds:
            yield from (f"{name}[{number}].{problem}" for problem in kinds[kind](element))
        else:
            yield f"{name}[{number}].type: expected one of {', '.join(kinds)}, got {kind!r}"


def _rich_list(element: Block) -> Iterator[str]:
    if element.get("style") not in ("bullet", "ordered"):
        yield f"style: expected bullet or ordered, got {element.get('style')!r}"
    yield from _each(element, "elements", {"rich_text_section": _rich_inlines})


def _rich_inlines(element: Block) -> Iterator[str]:
    yield from _each(element, "elements", _INLINES)


def _rich_code(element: Block) -> Iterator[str]:
    yield from _each(element, "elements", {"text": _rich_run, "link": _rich_link})


def _rich_run(element: Block) -> Iterator[str]:
    text, style = element.get("text"), element.get("style", {})
    if not isinstance(text, str) or not 1 <= len(text) <= RICH_TEXT:
        yield f"text: expected 1 to {RICH_TEXT} characters, got {len(text or '')}"
    for name, value in style.items():
        if name not in ("bold", "italic", "strike", "code", "underline") or not isinstance(value, bool):
            yield f"style.{name}: unknown"


def _rich_link(element: Block) -> Iterator[str]:
    if not element.get("url"):
        yield "url: expected a text"
    yield from too_long(element, {"url": LINK_URL})
    if "text" in element:
        yield from _rich_run(element)


def _named(field: str) -> Callable[[Block], Iterator[str]]:
    def problems(element: Block) -> Iterator[str]:
        if not element.get(field):
            yield f"{field}: expected a text"

    return problems


# https://docs.slack.dev/reference/block-kit/blocks/rich-text-block: whatever is not "text" is an element of its own.
_INLINES: dict[str, Callable[[Block], Iterator[str]]] = {
    "broadcast": _named("range"),
    "channel": _named("channel_id"),
    "emoji": _named("name"),
    "link": _rich_link,
    "text": _rich_run,
    "user": _named("user_id"),
    "usergroup": _named("usergroup_id"),
}
_RICH: dict[str, Callable[[Block], Iterator[str]]] = {
    "rich_text_list": _rich_list,
    "rich_text_preformatted": _rich_code,
    "rich_text_quote": _rich_inlines,
    "rich_text_section": _rich_inlines,
}


def _nothing(block: Block) -> Iterator[str]:
    yield from ()


_KINDS: dict[str, Callable[[Block], Iterator[str]]] = {
    "actions": _actions,
    "context": _context,
    "divider": _nothing,
    "header": _header,
    "image": _image,
    "rich_text": _rich_text,
    "section": _section,
}

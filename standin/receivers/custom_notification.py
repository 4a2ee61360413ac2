"""Custom notifications of Amazon Q Developer in chat applications, as its page has them.

https://docs.aws.amazon.com/chatbot/latest/adminguide/custom-notifs.html, as read in November 2026. It drops whatever is not
one, and says so only in its own log.
"""

from __future__ import annotations

import json
from typing import Any

from .limits import not_text, too_long

# The event schema says what a field is, and names no lengths. These are those that our own notifications keep to.
CONTENT = {"title": 250, "description": 8_000}
_TEXTS = ("textType", "title", "description")
_METADATA = ("threadId", "summary", "eventType")


def problems_of(message: Any) -> list[str]:
    """What keeps Amazon Q Developer from taking a message of its topic."""
    if not isinstance(message, dict):
        return ["message: expected an object"]
    problems = [
        f"{name}: expected {expected!r}, got {message.get(name)!r}"
        for name, expected in (("version", "1.0"), ("source", "custom"))
        if message.get(name) != expected
    ]
    problems += not_text(message, ("id",))
    content, metadata = message.get("content"), message.get("metadata", {})
    if not isinstance(content, dict) or not content.get("description"):
        return [*problems, "content.description: expected a text"]
    problems += [f"content.{problem}" for problem in not_text(content, _TEXTS) + too_long(content, CONTENT)]
    if content.get("textType", "client-markdown") != "client-markdown":
        problems.append(f"content.textType: expected 'client-markdown', got {content['textType']!r}")
    for name in ("nextSteps", "keywords"):
        problems += _not_texts(f"content.{name}", content.get(name, []))
    if not isinstance(metadata, dict):
        return [*problems, "metadata: expected an object"]
    problems += [f"metadata.{problem}" for problem in not_text(metadata, _METADATA)]
    problems += _not_texts("metadata.relatedResources", metadata.get("relatedResources", []))
    context = metadata.get("additionalContext", {})
    problems += _not_texts("metadata.additionalContext", list(context.values()) if isinstance(context, dict) else None)
    # SNS takes no more.
    if len(json.dumps(message)) > 256 * 1024:
        problems.append("message: expected at most 256 KiB")
    return problems


def _not_texts(name: str, values: Any) -> list[str]:
    is_good = isinstance(values, list) and all(isinstance(value, str) for value in values)
    return [] if is_good else [f"{name}: expected texts"]

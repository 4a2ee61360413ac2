"""Adaptive Cards 1.5, as its JSON Schema has them: the elements that show something, and the actions without a bot.

http://adaptivecards.io/schemas/1.5.0/adaptive-card.json (https://github.com/microsoft/AdaptiveCards, schemas/1.5.0). Inputs,
media and the actions that a bot answers are not in the table, since a workflow's webhook has none.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

VERSIONS = ("1.0", "1.1", "1.2", "1.3", "1.4", "1.5")

_ENUMS = {
    "action-mode": ("primary", "secondary"),
    "action-style": ("default", "positive", "destructive"),
    "align": ("left", "center", "right"),
    "color": ("default", "dark", "light", "accent", "good", "warning", "attention"),
    "container-style": ("default", "emphasis", "good", "attention", "warning", "accent"),
    "font": ("default", "monospace"),
    "font-size": ("default", "small", "medium", "large", "extraLarge"),
    "height": ("auto", "stretch"),
    "image-size": ("auto", "stretch", "small", "medium", "large"),
    "image-style": ("default", "person"),
    "spacing": ("default", "none", "small", "medium", "large", "extraLarge", "padding"),
    "text-style": ("default", "heading"),
    "valign": ("top", "center", "bottom"),
    "weight": ("default", "lighter", "bolder"),
}
_PLAIN: dict[str, tuple[type, ...]] = {
    "text": (str,),
    "flag": (bool,),
    "number": (int, float),
    "text-or-number": (str, int, float),
    "object": (dict,),
    "any": (object,),
}
_COMMON = {"id": "text", "isVisible": "flag", "requires": "object"}
_ELEMENT = {**_COMMON, "fallback": "any", "height": "height", "separator": "flag", "spacing": "spacing"}
_ACTION = {
    "title": "text",
    "iconUrl": "text",
    "id": "text",
    "style": "action-style",
    "fallback": "any",
    "tooltip": "text",
    "isEnabled": "flag",
    "mode": "action-mode",
    "requires": "object",
}
_BOX = {
    "selectAction": "action",
    "style": "container-style",
    "verticalContentAlignment": "valign",
    "bleed": "flag",
    "backgroundImage": "any",
    "minHeight": "text",
    "rtl": "flag",
}
_RUN = {
    "text!": "text",
    "color": "color",
    "fontType": "font",
    "isSubtle": "flag",
    "size": "font-size",
    "weight": "weight",
}
_CELLS = {"horizontalCellContentAlignment": "align", "verticalCellContentAlignment": "valign"}
_TABLES = {
    "AdaptiveCard": {
        "version": "text",
        "body": "[element]",
        "actions": "[action]",
        "selectAction": "action",
        "fallbackText": "text",
        "backgroundImage": "any",
        "minHeight": "text",
        "rtl": "flag",
        "speak": "text",
        "lang": "text",
        "verticalContentAlignment": "valign",
        "$schema": "text",
        # Teams' own: https://learn.microsoft.com/microsoftteams/platform/task-modules-and-cards/cards/cards-format
        "msteams": "object",
    },
    "ActionSet": {**_ELEMENT, "actions!": "[action]"},
    "Column": {
        **_COMMON,
        **_BOX,
        "items": "[element]",
        "fallback": "any",
        "separator": "flag",
        "spacing": "spacing",
        "width": "text-or-number",
    },
    "ColumnSet": {
        **_ELEMENT,
        "columns": "[Column]",
        "selectAction": "action",
        "style": "container-style",
        "bleed": "flag",
        "minHeight": "text",
        "horizontalAlignment": "align",
    },
    "Container": {**_ELEMENT, **_BOX, "items!": "[element]"},
    "Fact": {"title!": "text", "value!": "text"},
    "FactSet": {**_ELEMENT, "facts!": "[Fact]"},
    "Image": {
        **_ELEMENT,
        "url!": "text",
        "altText": "text",
        "backgroundColor": "text",
        "height": "text",
        "horizontalAlignment": "align",
        "selectAction": "action",
        "size": "image-size",
        "style": "image-style",
        "width": "text",
    },
    "ImageSet": {**_ELEMENT, "images!": "[Image]", "imageSize": "image-size"},
    "RichTextBlock": {**_ELEMENT, "inlines!": "[TextRun]", "horizontalAlignment": "align"},
    "Table": {
        **_ELEMENT,
        **_CELLS,
        "columns": "[TableColumnDefinition]",
        "rows": "[TableRow]",
        "firstRowAsHeader": "flag",
        "showGridLines": "flag",
        "gridStyle": "container-style",
    },
    "TableCell": {**_BOX, "items!": "[element]"},
    "TableColumnDefinition": {**_CELLS, "width": "text-or-number"},
    "TableRow": {**_CELLS, "cells": "[TableCell]", "style": "container-style"},
    "TextBlock": {
        **_ELEMENT,
        **_RUN,
        "horizontalAlignment": "align",
        "maxLines": "number",
        "wrap": "flag",
        "style": "text-style",
    },
    "TextRun": {
        **_RUN,
        "highlight": "flag",
        "italic": "flag",
        "selectAction": "action",
        "strikethrough": "flag",
        "underline": "flag",
    },
    "Action.OpenUrl": {**_ACTION, "url!": "text"},
    "Action.ShowCard": {**_ACTION, "card": "AdaptiveCard"},
    "Action.ToggleVisibility": {**_ACTION, "targetElements!": "[any]"},
}
_CLASSES = {
    "action": ("Action.OpenUrl", "Action.ShowCard", "Action.ToggleVisibility"),
    "element": (
        "ActionSet",
        "ColumnSet",
        "Container",
        "FactSet",
        "Image",
        "ImageSet",
        "RichTextBlock",
        "Table",
        "TextBlock",
    ),
}


def problems_of(card: Any) -> list[str]:
    """Where a card breaks the schema."""
    problems = list(_value(card, "AdaptiveCard", "card"))
    if not problems and card.get("version") not in VERSIONS:
        problems.append(f"card.version: expected one of {', '.join(VERSIONS)}, got {card.get('version')!r}")
    return problems


def _value(value: Any, kind: str, where: str) -> Iterator[str]:
    if kind.startswith("["):
        if not isinstance(value, list):
            yield f"{where}: expected a list"
            return
        for number, item in enumerate(value):
            yield from _value(item, kind[1:-1], f"{where}[{number}]")
    elif kind in _ENUMS:
        if str(value).lower() not in [known.lower() for known in _ENUMS[kind]]:
            yield f"{where}: expected one of {', '.join(_ENUMS[kind])}, got {value!r}"
    elif kind in _PLAIN:
        # A flag is a number in Python, and nowhere else.
        if not isinstance(value, _PLAIN[kind]) or isinstance(value, bool) and kind.endswith("number"):
            yield f"{where}: expected {kind}, got {value!r}"
    elif not (kind == "TextRun" and isinstance(value, str)):
        yield from _object(value, kind, where)


def _object(value: Any, kind: str, where: str) -> Iterator[str]:
    if not isinstance(value, dict):
        yield f"{where}: expected an object"
        return
    given = value.get("type", kind if kind in _TABLES else None)
    if given not in _CLASSES.get(kind, (kind,)):
        yield f"{where}.type: expected one of {', '.join(_CLASSES.get(kind, (kind,)))}, got {given!r}"
        return
    table = _TABLES[given]
    for name, inner in table.items():
        if name.endswith("!") and name[:-1] not in value:
            yield f"{where}.{name[:-1]}: expected, and is not there"
        elif name.rstrip("!") in value:
            yield from _value(value[name.rstrip("!")], inner, f"{where}.{name.rstrip('!')}")
    known = {name.rstrip("!") for name in table} | {"type"}
    yield from (f"{where}.{name}: unknown" for name in value if name not in known)

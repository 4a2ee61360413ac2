"""Reads a request as values of a model's shapes, and collects its faults.

Values have Python's own types; a blob is reduced to its length. What cannot be read becomes Unreadable, and is reported.
"""

from __future__ import annotations

import base64
import binascii
import datetime
import email.utils
import re
from collections.abc import Iterable
from enum import Enum, auto
from typing import Any, Self
from xml.etree import ElementTree

from botocore.model import Shape

Problems = list[str]

MAX_SHOWN = 80


class Kind(Enum):
    """A fault of a parameter."""

    MISSING = auto()
    UNKNOWN = auto()
    TYPE = auto()
    ENUMERATION = auto()
    LENGTH = auto()
    RANGE = auto()
    PATTERN = auto()


class Broken(str):
    """A problem of one parameter; other problems are of the whole request."""

    kind: Kind
    where: str
    got: str
    demand: str

    def __new__(cls, kind: Kind, where: str, value: Any, demand: str) -> Self:
        got = _shown(value)
        made = super().__new__(cls, f"{where}: unknown" if kind is Kind.UNKNOWN else f"{where}: {demand}, got {got}")
        made.kind, made.where, made.got, made.demand = kind, where, got, demand
        return made


def unknown(where: str) -> Broken:
    """A parameter that its shape does not have."""
    return Broken(Kind.UNKNOWN, where, None, "")


def mistyped(where: str, kind: str, value: Any) -> Broken:
    """A value of the wrong type for its shape."""
    return Broken(Kind.TYPE, where, value, f"expected {kind}")


class Blob(int):
    """The length of a blob."""


class Unreadable:
    """A value that has already been reported."""


UNREADABLE = Unreadable()


def _shown(value: Any) -> str:
    text = "null" if value is None else repr(value)
    return text if len(text) <= MAX_SHOWN else text[: MAX_SHOWN - 1] + "…"


def from_text(shape: Shape, text: str, where: str, problems: Problems, timestamps: str = "iso8601") -> Any:
    """A scalar of a query, a path, a header or XML."""
    try:
        match shape.type_name:
            case "string" | "character":
                return text
            case "boolean":
                return {"true": True, "false": False}[text]
            case "integer" | "long":
                if not re.fullmatch(r"-?[0-9]+", text):
                    raise ValueError
                return int(text)
            case "float" | "double":
                return float(text)
            case "blob":
                return Blob(len(base64.b64decode(text, validate=True)))
            case "timestamp":
                return _timestamp(text, shape.serialization.get("timestampFormat", timestamps).lower())
    except (KeyError, ValueError, TypeError, binascii.Error):
        pass
    problems.append(mistyped(where, shape.type_name, text))
    return UNREADABLE


def _timestamp(text: str, form: str) -> datetime.datetime:
    if form == "rfc822":
        return email.utils.parsedate_to_datetime(text)
    if form == "iso8601":
        if "T" not in text:
            raise ValueError
        return datetime.datetime.fromisoformat(text)
    return datetime.datetime.fromtimestamp(float(text), datetime.UTC)


# JSON and CBOR


def from_document(shape: Shape, value: Any, where: str, problems: Problems, *, is_cbor: bool = False) -> Any:
    """A value of a JSON or CBOR document."""
    kind = shape.type_name
    if kind == "structure":
        if getattr(shape, "is_document_type", False):
            return value
        return structure_of_document(shape, shape.members, value, where, problems, is_cbor=is_cbor)
    if kind == "list" and isinstance(value, list):
        return [
            from_document(shape.member, item, f"{where}[{index}]", problems, is_cbor=is_cbor)
            for index, item in enumerate(value)
        ]
    if kind == "map" and isinstance(value, dict):
        return {
            key: from_document(shape.value, item, f"{where}.{key}", problems, is_cbor=is_cbor)
            for key, item in value.items()
        }
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
    match kind:
        case "string" | "character" if isinstance(value, str):
            return value
        case "boolean" if isinstance(value, bool):
            return value
        case "integer" | "long" if is_number and isinstance(value, int):
            return value
        case "float" | "double" if is_number:
            return float(value)
        case "blob" if is_cbor and isinstance(value, bytes):
            return Blob(len(value))
        case "blob" if not is_cbor and isinstance(value, str):
            return from_text(shape, value, where, problems)
        case "timestamp" if is_cbor and isinstance(value, datetime.datetime):
            return value
        case "timestamp" if not is_cbor and is_number:
            return from_text(shape, str(value), where, problems, "unixtimestamp")
        case "timestamp" if not is_cbor and isinstance(value, str) and "timestampFormat" in shape.serialization:
            return from_text(shape, value, where, problems)
    problems.append(mistyped(where, kind, value))
    return UNREADABLE


def structure_of_document(
    shape: Shape, members: dict[str, Shape], value: Any, where: str, problems: Problems, *, is_cbor: bool = False
) -> Any:
    """A structure, of which only these members may be in the document."""
    if not isinstance(value, dict):
        problems.append(mistyped(where, "structure", value))
        return UNREADABLE
    names = {member.serialization.get("name", name): name for name, member in members.items()}
    found = {}
    for key, item in value.items():
        # A null counts as missing.
        if key not in names:
            problems.append(unknown(join(where, key)))
        elif item is not None:
            name = names[key]
            found[name] = from_document(members[name], item, join(where, name), problems, is_cbor=is_cbor)
    if getattr(shape, "is_tagged_union", False) and len(found) != 1:
        problems.append(f"{where}: expected one member of a union, got {len(found)}")
    return found


# The fields of the Query protocols


def tree(pairs: Iterable[tuple[str, str]], problems: Problems) -> dict:
    """A tree of fields such as A.member.1.B, by the parts of their names; a field's text is at None."""
    root: dict = {}
    for name, text in pairs:
        node = root
        for part in name.split("."):
            node = node.setdefault(part, {})
        if None in node:
            problems.append(f"{name}: given twice")
        node[None] = text
    return root


def from_form(shape: Shape, node: dict, where: str, problems: Problems, *, is_ec2: bool) -> Any:
    """A value of such a tree."""
    kind = shape.type_name
    if kind == "structure":
        return _structure_of_form(shape, node, where, problems, is_ec2=is_ec2)
    if kind in ("list", "map"):
        if node == {None: ""}:
            return [] if kind == "list" else {}
        items = _numbered(shape, node, where, problems, is_ec2=is_ec2)
        if kind == "list":
            return [
                from_form(shape.member, item, f"{where}[{index}]", problems, is_ec2=is_ec2)
                for index, item in enumerate(items)
            ]
        key, value = (side.serialization.get("name", name) for side, name in ((shape.key, "key"), (shape.value, "value")))
        found = {}
        for item in items:
            if set(item) != {key, value}:
                problems.append(f"{where}: expected {key} and {value}, got {_shown(sorted(map(str, item)))}")
                continue
            name = from_form(shape.key, item[key], f"{where}.{key}", problems, is_ec2=is_ec2)
            found[name] = from_form(shape.value, item[value], f"{where}.{name}", problems, is_ec2=is_ec2)
        return found
    if set(node) != {None}:
        problems.append(f"{where}: expected {kind}, got fields {_shown(sorted(str(part) for part in node if part))}")
        return UNREADABLE
    return from_text(shape, node[None], where, problems)


def _structure_of_form(shape: Shape, node: dict, where: str, problems: Problems, *, is_ec2: bool) -> dict:
    names = {_form_name(member, name, is_ec2=is_ec2): name for name, member in shape.members.items()}
    found = {}
    for part, child in node.items():
        if part in names:
            name = names[part]
            found[name] = from_form(shape.members[name], child, join(where, name), problems, is_ec2=is_ec2)
        else:
            problems.append(unknown(join(where, part or "")))
    return found


def _form_name(shape: Shape, name: str, *, is_ec2: bool) -> str:
    settings = shape.serialization
    if is_ec2:
        if "queryName" in settings:
            return settings["queryName"]
        given = settings.get("name", name)
        return given[0].upper() + given[1:]
    # The item's name replaces the list's.
    if shape.type_name == "list" and settings.get("flattened") and "name" in shape.member.serialization:
        return shape.member.serialization["name"]
    return settings.get("name", name)


def _numbered(shape: Shape, node: dict, where: str, problems: Problems, *, is_ec2: bool) -> list[dict]:
    """The items of a list or map, in order."""
    if not is_ec2 and not shape.serialization.get("flattened"):
        inner = "entry" if shape.type_name == "map" else shape.member.serialization.get("name", "member")
        if set(node) != {inner}:
            problems.append(f"{where}: expected the field {inner}, got {_shown(sorted(map(str, node)))}")
            return []
        node = node[inner]
    numbers = sorted((part for part in node if part and part.isdecimal()), key=int)
    if numbers != [str(number) for number in range(1, len(node) + 1)]:
        problems.append(f"{where}: expected items from 1 on, got {_shown(sorted(map(str, node)))}")
    return [node[number] for number in numbers]


# XML


def from_xml(shape: Shape, element: ElementTree.Element, where: str, problems: Problems) -> Any:
    """A value of an XML document."""
    kind = shape.type_name
    if kind == "structure":
        return _structure_of_xml(shape, element, where, problems)
    if kind == "list":
        name = shape.member.serialization.get("name", "member")
        for child in element:
            if _local(child.tag) != name:
                problems.append(unknown(join(where, _local(child.tag))))
        items = [child for child in element if _local(child.tag) == name]
        return [from_xml(shape.member, item, f"{where}[{index}]", problems) for index, item in enumerate(items)]
    if len(element):
        problems.append(f"{where}: expected {kind}, got the element {_local(element[0].tag)}")
        return UNREADABLE
    return from_text(shape, element.text or "", where, problems)


def _structure_of_xml(shape: Shape, element: ElementTree.Element, where: str, problems: Problems) -> dict:
    found: dict[str, Any] = {}
    texts = dict(element.attrib)
    elements: dict[str, list[ElementTree.Element]] = {}
    for child in element:
        elements.setdefault(_local(child.tag), []).append(child)
    for name, member in shape.members.items():
        settings, place = member.serialization, join(where, name)
        given = settings.get("name", name)
        if settings.get("xmlAttribute"):
            # The parser drops namespace prefixes.
            attribute = next((key for key in texts if _local(key) == given.rpartition(":")[2]), None)
            if attribute is not None:
                found[name] = from_text(member, texts.pop(attribute), place, problems)
            continue
        children = elements.pop(given, [])
        if not children:
            continue
        if member.type_name == "list" and settings.get("flattened"):
            found[name] = [
                from_xml(member.member, child, f"{place}[{index}]", problems) for index, child in enumerate(children)
            ]
            continue
        if len(children) > 1:
            problems.append(f"{place}: given {len(children)} times")
        found[name] = from_xml(member, children[0], place, problems)
    problems += [unknown(join(where, _local(name))) for name in (*elements, *texts)]
    return found


def _local(tag: str) -> str:
    return tag.rpartition("}")[2]


def join(where: str, name: str) -> str:
    """The path of a member."""
    return f"{where}.{name}" if where else name

"""The protocols with input in path, query and headers: rest-json and rest-xml."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit
from xml.etree import ElementTree

from botocore.model import OperationModel, ServiceModel, Shape

from ..recording import Request

from .values import Blob, Problems, from_text, from_xml, structure_of_document

# Headers of every signed request, apart from checksums.
_COMMON_HEADERS = {
    "x-amz-content-sha256",
    "x-amz-date",
    "x-amz-decoded-content-length",
    "x-amz-sdk-checksum-algorithm",
    "x-amz-security-token",
    "x-amz-trailer",
    "x-amz-user-agent",
    "x-amzn-trace-id",
}
# The operation's name, which current SDKs add for S3.
_OPERATION_NAME = "x-id"


@dataclass
class Route:
    """How an operation is reached."""

    operation: OperationModel

    @cached_property
    def _uri(self) -> tuple[list[str], dict[str, str]]:
        parts = urlsplit(self.operation.http["requestUri"])
        return parts.path.strip("/").split("/"), dict(parse_qsl(parts.query, keep_blank_values=True))

    @property
    def literals(self) -> dict[str, str]:
        """The constant part of the query."""
        return self._uri[1]

    @cached_property
    def required(self) -> list[str]:
        """The members required in the query or the headers."""
        shape = self.operation.input_shape
        required = shape.required_members if shape else ()
        known = {**self.places.get("querystring", {}), **self.places.get("header", {})}
        return [given for given, name in known.items() if name in required]

    @cached_property
    def places(self) -> dict[str, dict[str, str]]:
        """The names of the input's members, by location and by their name there."""
        found: dict[str, dict[str, str]] = {}
        shape = self.operation.input_shape
        for name, member in shape.members.items() if shape else ():
            place = member.serialization.get("location", "body")
            found.setdefault(place, {})[member.serialization.get("name", name)] = name
        return found

    def labels(self, path: str) -> dict[str, str] | None:
        """The input's parts of the path, if the path belongs to this operation."""
        segments, found = path.strip("/").split("/"), {}
        wanted = self._uri[0]
        for index, segment in enumerate(wanted):
            is_greedy = segment.endswith("+}")
            if index >= len(segments) or (not is_greedy and segment.startswith("{") and not segments[index]):
                return None
            if is_greedy:
                # Whatever follows the greedy part is at the end.
                after = len(wanted) - index - 1
                rest = segments[index : len(segments) - after]
                found[segment[1:-2]] = unquote("/".join(rest))
                if not rest or segments[len(segments) - after :] != wanted[index + 1 :]:
                    return None
                return found
            if segment.startswith("{"):
                found[segment[1:-1]] = unquote(segments[index])
            elif segment != segments[index]:
                return None
        return found if len(segments) == len(wanted) else None

    def score(self, request: Request, path: str, query: Mapping[str, str]) -> tuple[int, ...] | None:
        """How well a request matches; nothing if it is not for this operation."""
        if any(query.get(name) != value for name, value in self.literals.items()):
            return None
        labels = self.labels(path)
        if labels is None:
            return None
        if any(given not in query and given.lower() not in request.headers for given in self.required):
            return None
        is_named = query.get(_OPERATION_NAME) == self.operation.name
        return (is_named, not self.operation.deprecated, len(self.literals), len(self.required), -len(labels))


@cache
def _routes(service: ServiceModel) -> dict[str, list[Route]]:
    """The operations of a service by their HTTP methods."""
    found: dict[str, list[Route]] = {}
    for name in service.operation_names:
        operation = service.operation_model(name)
        found.setdefault(operation.http["method"], []).append(_route(operation))
    return found


@cache
def _route(operation: OperationModel) -> Route:
    return Route(operation)


def find(service: ServiceModel, request: Request) -> OperationModel | None:
    """The operation that matches best."""
    parts = urlsplit(request.target)
    query = dict(parse_qsl(parts.query, keep_blank_values=True))
    scored = [(route.score(request, parts.path, query), route) for route in _routes(service).get(request.method, [])]
    fitting = [(score, route) for score, route in scored if score is not None]
    return max(fitting, key=lambda each: each[0])[1].operation if fitting else None


def read(operation: OperationModel, request: Request, body: bytes | None, problems: Problems) -> dict[str, Any]:
    """The input of an operation."""
    shape = operation.input_shape
    members: dict[str, Shape] = dict(shape.members) if shape else {}
    route = _route(operation)
    by_place = route.places
    found: dict[str, Any] = {}
    parts = urlsplit(request.target)
    for given, text in (route.labels(parts.path) or {}).items():
        name = by_place["uri"][given]
        found[name] = from_text(members[name], text, name, problems)
    _read_query(route, parse_qsl(parts.query, keep_blank_values=True), members, by_place, found, problems)
    _read_headers(operation, request.headers, members, by_place, found, problems)
    payload = shape.serialization.get("payload") if shape else None
    if payload:
        _read_payload(members[payload], payload, body, request.size, found, problems, is_xml=_is_xml(operation))
    else:
        own = {name: members[name] for name in by_place.get("body", {}).values()}
        _read_body(operation, own, body or b"", found, problems)
    return found


def _is_xml(operation: OperationModel) -> bool:
    return operation.service_model.resolved_protocol == "rest-xml"


def _read_query(
    route: Route,
    pairs: list[tuple[str, str]],
    members: dict[str, Shape],
    by_place: dict[str, dict[str, str]],
    found: dict[str, Any],
    problems: Problems,
) -> None:
    known = by_place.get("querystring", {})
    rest = next((name for name in known.values() if members[name].type_name == "map"), None)
    for given, text in pairs:
        name = known.get(given)
        if given == _OPERATION_NAME and text != route.operation.name:
            problems.append(f"{given}: expected {route.operation.name}, got {text}")
        elif name and members[name].type_name == "list":
            found.setdefault(name, []).append(from_text(members[name].member, text, name, problems))
        elif name and name in found:
            problems.append(f"{name}: given twice")
        elif name:
            found[name] = from_text(members[name], text, name, problems)
        elif rest:
            found.setdefault(rest, {})[given] = text
        elif given not in route.literals and given != _OPERATION_NAME:
            problems.append(f"{given} (query): unknown")


def _read_headers(
    operation: OperationModel,
    headers: Mapping[str, str],
    members: dict[str, Shape],
    by_place: dict[str, dict[str, str]],
    found: dict[str, Any],
    problems: Problems,
) -> None:
    known = {given.lower(): name for given, name in by_place.get("header", {}).items()}
    prefixes = {given.lower(): name for given, name in by_place.get("headers", {}).items()}
    for header, text in headers.items():
        prefix = next((prefix for prefix in prefixes if header.startswith(prefix)), None)
        if header in known:
            name = known[header]
            member = members[name]
            if member.type_name == "list":
                found[name] = [from_text(member.member, part.strip(), name, problems) for part in text.split(",")]
            else:
                found[name] = from_text(member, text, name, problems, "rfc822")
        elif prefix is not None:
            found.setdefault(prefixes[prefix], {})[header.removeprefix(prefix)] = text
        elif header.startswith("x-amz-checksum-") and operation.http_checksum:
            continue
        elif header.startswith("x-amz") and header not in _COMMON_HEADERS:
            problems.append(f"{header} (header): unknown")
    if operation.http_checksum.get("requestChecksumRequired") or operation.http_checksum_required:
        if not any(header == "content-md5" or header.startswith("x-amz-checksum-") for header in headers):
            problems.append("the body has no checksum, which is required")


def _read_payload(
    shape: Shape, name: str, body: bytes | None, size: int, found: dict[str, Any], problems: Problems, *, is_xml: bool
) -> None:
    if shape.type_name == "blob":
        found[name] = Blob(size)
    elif not body:
        return
    elif shape.type_name == "string":
        found[name] = body.decode("utf-8", "replace")
    elif is_xml:
        element = _xml(body, problems)
        if element is not None:
            wanted = shape.serialization.get("name", shape.name)
            tag = element.tag.rpartition("}")[2]
            if tag != wanted:
                problems.append(f"{name}: expected the element {wanted}, got {tag}")
            found[name] = from_xml(shape, element, name, problems)
    else:
        document = _json(body, problems)
        if document is not None:
            found[name] = structure_of_document(shape, shape.members, document, name, problems)


def _read_body(
    operation: OperationModel, members: dict[str, Shape], body: bytes, found: dict[str, Any], problems: Problems
) -> None:
    """The part of the input that is in the body."""
    if not body:
        return
    if _is_xml(operation):
        problems.append("a body: expected none")
        return
    document = _json(body, problems)
    if document is not None:
        read_members = structure_of_document(operation.input_shape, members, document, "", problems)
        if isinstance(read_members, dict):
            found |= read_members


def _json(body: bytes, problems: Problems) -> Any:
    try:
        return json.loads(body)
    except ValueError as error:
        problems.append(f"the body is not JSON: {error}")
        return None


def _xml(body: bytes, problems: Problems) -> ElementTree.Element | None:
    try:
        return ElementTree.fromstring(body)
    except ElementTree.ParseError as error:
        problems.append(f"the body is not XML: {error}")
        return None

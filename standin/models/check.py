"""Checks a request against the model of the service that it was signed for."""

from __future__ import annotations

import gzip
import json
import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import botocore.exceptions
import cbor2
from botocore.loaders import Loader
from botocore.model import OperationModel, OperationNotFoundError, ServiceModel

from ..recording import Request

from . import rest
from .constraints import hold
from .values import Broken, Problems, from_document, from_form, tree

_CREDENTIAL = re.compile(r"Credential=[^/ ]+/[0-9]{8}/[^/]+/([^/]+)/aws4_request")
_RPC_PATH = re.compile(r"/service/([^/]+)/operation/([^/]+)")
_ACTION = re.compile(rb"(?:^|&)Action=([^&]*)")
# Services that sign with a name other than their model's.
_MODELS = {"monitoring": "cloudwatch", "states": "stepfunctions"}
# Who sent the request, by a word in its User-Agent.
_CLIENTS = {"terraform-provider-aws": "Terraform", "aws-sdk-rust": "Rust", "Botocore": "Python", "botocore": "Python"}

CLIENTS = (*dict.fromkeys(_CLIENTS.values()), "other")


@dataclass
class Checked:
    """A request to AWS, and its faults."""

    service: str
    client: str
    operation: str = "?"
    protocol: str = ""
    # The member sent as the body.
    payload: str = ""
    namespace: str = ""
    # All parameters of the request.
    given: dict[str, Any] = field(default_factory=dict)
    # The idempotency token, and the parameters sent with it.
    token: str = ""
    parameters: dict[str, Any] = field(default_factory=dict)
    problems: Problems = field(default_factory=list)

    @property
    def broken(self) -> list[Broken]:
        """Faults of single parameters."""
        return [problem for problem in self.problems if isinstance(problem, Broken)]


def check(request: Request) -> Checked | None:
    """The checked request; nothing if it is not signed, since it is not a request to AWS then."""
    signed = _CREDENTIAL.search(request.headers.get("authorization", ""))
    if not signed:
        return None
    checked = Checked(signed[1], _client(request))
    try:
        service = _model(_MODELS.get(signed[1], signed[1]))
    except botocore.exceptions.UnknownServiceError:
        checked.problems.append(f"no service signs as {signed[1]}")
        return checked
    checked.service = service.service_name
    checked.protocol = _protocol(service, request)
    checked.namespace = service.metadata.get("xmlNamespace", "")
    for operation in _operation(service, request, checked.problems):
        checked.operation = operation.name
        checked.payload = operation.input_shape.serialization.get("payload", "") if operation.input_shape else ""
        value = _read(operation, request, checked.problems)
        if operation.input_shape and value is not None:
            checked.given = value if isinstance(value, dict) else {}
            hold(operation.input_shape, value, "", checked.problems)
            _note_token(operation, value, checked)
    return checked


def problems_of(service: str, operation: str, given: Any) -> Problems:
    """What the model of a service refuses of a call that is not a request, such as a state machine's."""
    problems: Problems = []
    shape = _model(service).operation_model(operation).input_shape
    if shape:
        hold(shape, from_document(shape, given, "", problems), "", problems)
    return problems


@cache
def _model(name: str) -> ServiceModel:
    return ServiceModel(Loader().load_service_model(name, "service-2"), name)


def _note_token(operation: OperationModel, value: Any, checked: Checked) -> None:
    for name in operation.idempotent_members:
        if isinstance(value, dict) and isinstance(value.get(name), str):
            checked.token = value[name]
            checked.parameters = {other: given for other, given in value.items() if other != name}


def _client(request: Request) -> str:
    agent = request.headers.get("user-agent", "")
    return next((client for word, client in _CLIENTS.items() if word in agent), CLIENTS[-1])


def _protocol(service: ServiceModel, request: Request) -> str:
    """The protocol of a request."""
    if request.headers.get("smithy-protocol") == "rpc-v2-cbor":
        return "smithy-rpc-v2-cbor"
    if "x-amz-target" in request.headers:
        return "json"
    main = service.metadata["protocol"]
    if request.headers.get("content-type", "").startswith("application/x-www-form-urlencoded"):
        return main if main == "ec2" else "query"
    return main


def _operation(service: ServiceModel, request: Request, problems: Problems) -> Iterator[OperationModel]:
    """The operation, if the service has it."""
    protocol = _protocol(service, request)
    spoken = service.metadata.get("protocols") or [service.metadata["protocol"]]
    if protocol not in spoken:
        problems.append(f"{service.service_name} speaks {', '.join(spoken)}, not {protocol}")
        return
    parts = urlsplit(request.target)
    if protocol in ("rest-json", "rest-xml"):
        operation = rest.find(service, request)
        if operation:
            yield operation
        else:
            problems.append(f"no operation is {request.method} {parts.path}{'?' if parts.query else ''}{parts.query}")
        return
    name, prefix, wanted = "", service.metadata.get("targetPrefix", ""), service.metadata.get("targetPrefix", "")
    path = "/"
    if protocol == "smithy-rpc-v2-cbor":
        matched = _RPC_PATH.fullmatch(parts.path)
        prefix, name = matched.groups() if matched else ("", "")
        path = parts.path
    elif protocol == "json":
        prefix, _, name = request.headers["x-amz-target"].rpartition(".")
    else:
        action = _ACTION.search(request.body or b"")
        name = action[1].decode("latin-1") if action else ""
    if request.method != "POST" or (parts.path or "/") != path or parts.query or prefix != wanted:
        problems.append(f"{request.method} {request.target} is not a call of {service.service_name} in {protocol}")
    try:
        yield service.operation_model(name)
    except OperationNotFoundError:
        problems.append(f"{service.service_name} has no operation {name!r}")


def _read(operation: OperationModel, request: Request, problems: Problems) -> Any:
    """The operation's input; nothing if the body cannot be read."""
    body = request.body
    try:
        if body and request.headers.get("content-encoding") == "gzip":
            body = gzip.decompress(body)
        protocol = _protocol(operation.service_model, request)
        match protocol:
            case "rest-json" | "rest-xml":
                return rest.read(operation, request, body, problems)
            case "json" | "smithy-rpc-v2-cbor":
                is_cbor = protocol != "json"
                _hold_type(operation, request, problems, is_cbor=is_cbor)
                document = (cbor2.loads if is_cbor else json.loads)(body) if body else {}
                if operation.input_shape is None:
                    return None if not document else problems.append("a body: expected none")
                return from_document(operation.input_shape, document, "", problems, is_cbor=is_cbor)
            case _:
                return _read_form(operation, body or b"", problems, is_ec2=protocol == "ec2")
    except (ValueError, UnicodeDecodeError, OSError, zlib.error, cbor2.CBORDecodeError) as error:
        problems.append(f"the body cannot be read: {error}")
    return None


def _hold_type(operation: OperationModel, request: Request, problems: Problems, *, is_cbor: bool) -> None:
    version = operation.metadata.get("jsonVersion", "1.0")
    wanted = "application/cbor" if is_cbor else f"application/x-amz-json-{version}"
    given = request.headers.get("content-type")
    if given != wanted and request.body:
        problems.append(f"content-type: expected {wanted}, got {given}")


def _read_form(operation: OperationModel, body: bytes, problems: Problems, *, is_ec2: bool) -> Any:
    pairs = parse_qsl(body.decode(), keep_blank_values=True, strict_parsing=True)
    fields = tree(pairs, problems)
    fields.pop("Action")
    version = fields.pop("Version", {}).get(None)
    if version != operation.metadata["apiVersion"]:
        problems.append(f"Version: expected {operation.metadata['apiVersion']}, got {version}")
    if operation.input_shape is None:
        problems += [f"{name}: unknown" for name in fields]
        return None
    return from_form(operation.input_shape, fields, "", problems, is_ec2=is_ec2)

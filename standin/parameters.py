"""Parameters that AWS rejects before a service looks at them: lengths, patterns, enumerations, ranges.

MiniStack checks few of them. This check is between its IAM and its services, so that a caller without permission only learns
that.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from contextvars import ContextVar
from typing import Any
from xml.sax.saxutils import escape

from ministack import app
from ministack.core.responses import error_response_json, error_response_xml
from ministack.services import cloudwatch, ec2, s3

from . import idempotency
from .models.check import Checked, check
from .models.values import Broken, Kind
from .record_requests import Application, Receive, target
from .recording import Request

Response = tuple[int, dict[str, str], Any]
Handler = Callable[[str, str, dict, bytes, dict], Awaitable[Response]]

# AWS ignores unknown parameters everywhere else.
_KNOWS_ALL = ("ec2", "rest-xml")
_NOT_XML = "The XML you provided was not well-formed or did not validate against our published schema"
_INDEX = re.compile(r"\[(\d+)\]")

# MiniStack gives its services a decoded path, in which the end of an ARN or key is lost.
_target: ContextVar[str] = ContextVar("standin_target", default="")


def install() -> None:
    """Put the check before every service."""
    app.app = _noting_target(app.app)
    for name, handler in app.SERVICE_HANDLERS.items():
        app.SERVICE_HANDLERS[name] = _refusing(handler)


def _noting_target(serve: Application) -> Application:
    async def application(scope: dict[str, Any], receive: Receive, send: Any) -> None:
        if scope["type"] == "http":
            _target.set(target(scope))
        await serve(scope, receive, send)

    return application


def _refusing(handler: Handler) -> Handler:
    async def handle_checked(method: str, path: str, headers: dict, body: bytes, query: dict) -> Response:
        checked = check(Request(method, _target.get(), headers, body, len(body)))
        refusal = _refusal(checked) if checked else None
        return refusal or await idempotency.once(checked, lambda: handler(method, path, headers, body, query))

    return handle_checked


def _refusal(checked: Checked) -> Response | None:
    """AWS's answer in the request's protocol; nothing if it accepts the request."""
    is_strict = checked.protocol in _KNOWS_ALL
    broken = [problem for problem in checked.broken if is_strict or problem.kind is not Kind.UNKNOWN]
    if not broken:
        return None
    match checked.protocol:
        case "ec2":
            code, message = _one(broken[0])
            return ec2._error(code, escape(message), 400)
        case "rest-xml":
            return _s3_refusal(broken[0], is_body=_INDEX.sub("", broken[0].where).split(".")[0] == checked.payload)
        case "query":
            return error_response_xml("ValidationError", _all(broken), 400, checked.namespace)
    code, message = _coded(checked.service, broken)
    if checked.protocol == "smithy-rpc-v2-cbor":
        return cloudwatch._error(code, message, 400, use_cbor=True)
    return error_response_json(code, message)


def _coded(service: str, broken: list[Broken]) -> tuple[str, str]:
    """Code and message in the JSON and CBOR protocols."""
    mistyped = next((problem for problem in broken if problem.kind is Kind.TYPE), None)
    if mistyped:
        return "SerializationException", str(mistyped)
    if service == "sqs":
        return _one(broken[0])
    return "InvalidParameterException" if service == "logs" else "ValidationException", _all(broken)


def _one(problem: Broken) -> tuple[str, str]:
    """Code and message of services that name one parameter."""
    name = _INDEX.sub(lambda index: f".{int(index[1]) + 1}", problem.where)
    match problem.kind:
        case Kind.MISSING:
            return "MissingParameter", f"The request must contain the parameter {name}"
        case Kind.UNKNOWN:
            return "UnknownParameter", f"The parameter {name} is not recognized"
    return "InvalidParameterValue", f"Value ({problem.got}) for parameter {name} is invalid. {problem.demand}"


def _all(broken: list[Broken]) -> str:
    """The message of services that name every parameter."""
    errors = "error" if len(broken) == 1 else "errors"
    constraints = (
        f"Value {_quoted(problem.got)} at '{_place(problem.where)}' failed to satisfy constraint: {problem.demand}"
        for problem in broken
    )
    return f"{len(broken)} validation {errors} detected: {'; '.join(constraints)}"


def _quoted(got: str) -> str:
    return got if got == "null" or got[0] in "'\"" else f"'{got}'"


def _place(where: str) -> str:
    """The path of a parameter as AWS writes it: metricData.1.member.metricName."""
    numbered = _INDEX.sub(lambda index: f".{int(index[1]) + 1}.member", where)
    return ".".join(part[:1].lower() + part[1:] for part in numbered.split("."))


def _s3_refusal(problem: Broken, *, is_body: bool) -> Response:
    if is_body:
        return s3._error("MalformedXML", f"{_NOT_XML}: {problem}", 400)
    argument = {"ArgumentName": problem.where, "ArgumentValue": problem.got}
    return s3._error("InvalidArgument", str(problem), 400, extra=argument)

"""Step Functions' HTTP task, ``arn:aws:states:::http:invoke``, with the secrets of an EventBridge connection.

https://docs.aws.amazon.com/step-functions/latest/dg/call-https-apis.html
"""

from __future__ import annotations

import json
import os
from typing import Any
from urllib.parse import urlencode, urlsplit

from ministack.core.responses import get_region
from ministack.services import eventbridge, stepfunctions

from . import outbound
from .event_connections import connection_of
from .state_machines import machine_arn, may

RESOURCE = "arn:aws:states:::http:invoke"
SOCKET_SECONDS = 60.0
MOST_BYTES = 262_144
METHODS = ("GET", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "HEAD")
# Headers that Step Functions sets itself or does not let a definition set.
_OWN_HEADERS = ("authorization", "connection", "content-encoding", "content-length", "host", "range", "user-agent", "via")

_ARGUMENTS = {
    *("ApiEndpoint", "Authentication", "Headers", "InvocationConfig", "Method", "QueryParameters", "RequestBody"),
    "Transform",
}

_Error = stepfunctions._ExecutionError


def install() -> None:
    """Add the task to those that MiniStack has."""
    seconds = float(os.environ.get("STANDIN_HTTP_TASK_SECONDS") or SOCKET_SECONDS)

    def invoke(_resource: str, given: dict) -> dict[str, Any]:
        return _invoke(given, seconds)

    stepfunctions._SERVICE_DISPATCH[RESOURCE] = invoke


def _invoke(given: dict, seconds: float) -> dict[str, Any]:
    method, url = _endpoint(given)
    connection = _connection(given)
    if not may("states:InvokeHTTPEndpoint", machine_arn(), {"states:HTTPEndpoint": url, "states:HTTPMethod": method}):
        raise _Error("States.Permissions", f"The role is not authorized to perform: states:InvokeHTTPEndpoint on {url}")
    parameters = (connection["AuthParameters"] or {}).get("InvocationHttpParameters") or {}
    headers = {
        **{name: str(value) for name, value in (given.get("Headers") or {}).items() if name.lower() not in _OWN_HEADERS},
        **eventbridge._connection_params_map(parameters.get("HeaderParameters")),
    }
    body = _body(given, eventbridge._connection_params_map(parameters.get("BodyParameters")))
    if not any(name.lower() == "content-type" for name in headers):
        headers["Content-Type"] = "application/json"
    query = {
        **(given.get("QueryParameters") or {}),
        **eventbridge._connection_params_map(parameters.get("QueryStringParameters")),
    }
    try:
        headers |= eventbridge._connection_auth_headers(
            connection, (connection["ConnectionArn"], connection["LastModifiedTime"])
        )
        headers |= {
            "User-Agent": f"Amazon|StepFunctions|HttpInvoke|{get_region()}",
            "Range": f"bytes=0-{MOST_BYTES}",
        }
        answer = outbound.call(method, eventbridge._merge_query(url, query), headers, body, seconds)
    except OSError as error:
        raise _Error("States.Http.Socket", f"{method} {url}: {error}") from None
    return _result(answer)


def _endpoint(given: dict) -> tuple[str, str]:
    unknown = sorted(set(given) - _ARGUMENTS)
    if unknown:
        raise _Error("States.Runtime", f"The field {unknown[0]} is not supported by Step Functions")
    method, url = given.get("Method"), given.get("ApiEndpoint")
    if method not in METHODS or not isinstance(url, str):
        raise _Error("States.Runtime", f"Method and ApiEndpoint are required, got {method!r} and {url!r}")
    # AWS calls https alone; servers of this machine have no certificates.
    parts = urlsplit(url)
    if parts.scheme != "https" and not outbound.is_loopback(parts.hostname or ""):
        raise _Error("States.Runtime", f"ApiEndpoint: expected an https URL, got {url}")
    return method, url


def _connection(given: dict) -> dict:
    arn = (given.get("InvocationConfig") or given.get("Authentication") or {}).get("ConnectionArn")
    if not arn:
        raise _Error("States.Runtime", "Authentication.ConnectionArn is required")
    connection = connection_of(arn)
    secret = connection["SecretArn"] if connection else ""
    allowed = may("events:RetrieveConnectionCredentials", arn) and all(
        may(f"secretsmanager:{action}", secret) for action in ("GetSecretValue", "DescribeSecret")
    )
    if connection is None or not allowed:
        raise _Error(
            "Events.ConnectionResource.AccessDenied", f"The connection {arn} does not exist, or this role may not use it"
        )
    if connection["ConnectionState"] != "AUTHORIZED":
        raise _Error(
            "Events.ConnectionResource.InvalidConnectionState", f"The connection is {connection['ConnectionState']}"
        )
    return connection


def _body(given: dict, secrets: dict[str, str]) -> bytes | None:
    body = given.get("RequestBody")
    if secrets:
        if not isinstance(body, dict | None):
            raise _Error("States.Runtime", "RequestBody: expected an object, because the connection has body parameters")
        body = {**(body or {}), **secrets}
    if body is None:
        return None
    encoding = (given.get("Transform") or {}).get("RequestBodyEncoding", "NONE")
    if encoding == "URL_ENCODED":
        return urlencode(body, doseq=True).encode()
    return body.encode() if isinstance(body, str) else json.dumps(body).encode()


def _result(answer: outbound.Answer) -> dict[str, Any]:
    text = _text(answer)
    if not 200 <= answer.status < 300:
        raise _Error(f"States.Http.StatusCode.{answer.status}", text)
    headers: dict[str, list[str]] = {}
    for name, value in answer.headers:
        headers.setdefault(name.lower(), []).append(value)
    return {
        "Headers": headers,
        "ResponseBody": _read(answer, text),
        "StatusCode": answer.status,
        "StatusText": answer.reason,
    }


def _text(answer: outbound.Answer) -> str:
    if len(answer.body) > MOST_BYTES:
        raise _Error("States.DataLimitExceeded", f"The response has more than {MOST_BYTES} bytes")
    try:
        return answer.body.decode()
    except UnicodeDecodeError as error:
        raise _Error("States.Runtime", f"The response is not UTF-8: {error}") from None


def _read(answer: outbound.Answer, text: str) -> Any:
    """Parse the body if its content type is JSON."""
    if text and "json" in (answer.header("Content-Type") or ""):
        try:
            return json.loads(text)
        except ValueError as error:
            raise _Error("States.Runtime", f"The response is not JSON: {error}") from None
    return text

"""IAM with ``AUTH=true``, where MiniStack misses a call, a condition key or the transport."""

from __future__ import annotations

import json
import re
from collections.abc import Awaitable, Callable
from contextvars import ContextVar
from typing import Any

import cbor2
from ministack import app
from ministack.core import iam_actions, iam_evaluator

PLAIN_HTTP_HEADER = b"x-standin-plain-http"

_ASSUMED_ROLE = re.compile(r"arn:([^:]+):sts::([0-9]*):assumed-role/([^/]+)/.*")
_RPC_OPERATION = re.compile(r"/operation/([^/?]+)")

# AWS authorizes a batch as the single call that it repeats.
_BATCH_ACTIONS = {
    "sns:PublishBatch": "sns:Publish",
    "sqs:ChangeMessageVisibilityBatch": "sqs:ChangeMessageVisibility",
    "sqs:DeleteMessageBatch": "sqs:DeleteMessage",
    "sqs:SendMessageBatch": "sqs:SendMessage",
}

# Permissions named differently than the operation of Lambda's API.
_LAMBDA_ACTIONS = {
    "GetLayerVersionByArn": "GetLayerVersion",
    "Invoke": "InvokeFunction",
    "InvokeAsync": "InvokeFunction",
    "InvokeWithResponseStream": "InvokeFunction",
}

PUT_EVENTS = "events:PutEvents"
_entries: ContextVar[list[tuple[str, dict[str, str]]]] = ContextVar("standin_entries", default=[])
_plain_http: ContextVar[bool] = ContextVar("standin_plain_http", default=False)


def install() -> None:
    """Wrap the action and condition extraction, and make calls count as secure."""
    iam_actions._BOTOCORE_SERVICE_MAP["lambda"] = ["lambda"]
    iam_actions.extract_iam_action = _by_operation(iam_actions.extract_iam_action)
    iam_actions.request_tag_context = _with_namespace(iam_actions.request_tag_context)
    iam_actions.s3_service_context = _with_preconditions(iam_actions.s3_service_context)
    iam_evaluator._resolve_condition_key = _with_principal(iam_evaluator._resolve_condition_key)
    iam_evaluator.enforce = _entry_by_entry(iam_evaluator.enforce)
    # MiniStack's own reader of a body's fields takes CBOR for broken text and fails the call.
    iam_actions._safe_json_field = _body_field
    # Deliveries between services have no request; on AWS they use TLS.
    iam_evaluator._request_origin = ContextVar("standin_request_origin", default=("127.0.0.1", True))
    app.pin_request_origin = _pin_origin
    app.app = _noting_plain_http(app.app)


def _by_operation(extract: Callable[..., str | None]) -> Callable[..., str | None]:
    def extract_action(
        service: str, method: str, path: str, headers: dict, body: bytes, query_params: dict
    ) -> str | None:
        # CloudWatch's handler looks at target, path and Action in this order, and so must its authorization.
        if service == "monitoring":
            operation = iam_actions._action_from_target(headers) or _rpc_operation(path)
            if operation:
                return f"cloudwatch:{operation}"
        if service == "lambda":
            # MiniStack's own table mistakes two thirds of Lambda's operations for others or for none.
            operation = iam_actions._match_rest_action(service, method, path, query_params)
            if operation:
                return f"lambda:{_LAMBDA_ACTIONS.get(operation, operation)}"
        action = extract(service, method, path, headers, body, query_params)
        if action is None and "rpc-v2" in headers.get("smithy-protocol", ""):
            operation = _rpc_operation(path)
            namespace = iam_actions.SERVICE_TO_IAM_NAMESPACE.get(service)
            if operation and namespace:
                action = f"{namespace}:{operation}"
        return _BATCH_ACTIONS.get(action, action) if action else None

    return extract_action


def _rpc_operation(path: str) -> str | None:
    operation = _RPC_OPERATION.search(path)
    return operation.group(1) if operation else None


def _with_namespace(tag_context: Callable[..., dict]) -> Callable[..., dict]:
    def context(service: str, iam_action: str, body: bytes, params: dict) -> dict:
        keys = tag_context(service, iam_action, body, params)
        if iam_action == "cloudwatch:PutMetricData":
            namespace = _metric_namespace(body, params)
            if namespace is not None:
                keys = {**keys, "cloudwatch:namespace": namespace}
        if iam_action == PUT_EVENTS:
            _entries.set(_events_by_bus(body))
        return keys

    return context


def _events_by_bus(body: bytes) -> list[tuple[str, dict[str, str]]]:
    """The bus of each entry of PutEvents, without the beginning of its ARN, with its condition keys."""
    entries = _decoded(body).get("Entries")
    found = []
    for entry in entries if isinstance(entries, list) else []:
        if isinstance(entry, dict):
            bus = str(entry.get("EventBusName") or "default").rsplit("/", 1)[-1]
            keys = {"events:source": entry.get("Source"), "events:detail-type": entry.get("DetailType")}
            found.append((bus, {key: value for key, value in keys.items() if isinstance(value, str)}))
    return found


def _entry_by_entry(enforce: Callable[..., Any]) -> Callable[..., Any]:
    """Each entry of PutEvents must be allowed, by its own source and detail type; else all are denied."""

    def enforce_each(access_key: str, action: str, *rest: Any, **named: Any) -> Any:
        if action != PUT_EVENTS:
            return enforce(access_key, action, *rest, **named)
        bus = str(named.get("resource_arn", "")).rsplit("/", 1)[-1]
        for _, keys in [entry for entry in _entries.get() if entry[0] == bus] or [(bus, {})]:
            context = {**(named.get("service_context") or {}), **keys}
            denied = enforce(access_key, action, *rest, **{**named, "service_context": context})
            if denied:
                return denied
        return None

    return enforce_each


def _with_preconditions(s3_context: Callable[..., dict]) -> Callable[..., dict]:
    """s3:if-match and s3:if-none-match of a write, which are in the context if the request has the header."""

    def context(iam_action: str, query_params: dict | None, path: str = "", headers: dict | None = None) -> dict:
        keys = s3_context(iam_action, query_params, path, headers)
        if iam_action != "s3:PutObject":
            return keys
        given = {name: (headers or {}).get(name) for name in ("if-match", "if-none-match")}
        return {**keys, **{f"s3:{name}": value for name, value in given.items() if value}}

    return context


def _with_principal(resolve: Callable[[str, Any], Any]) -> Callable[[str, Any], Any]:
    """aws:PrincipalArn is a session's role, and a service has none; aws:PrincipalIsAWSService tells them apart."""

    def resolve_key(key: str, context: Any) -> Any:
        name, is_service = key.lower(), context.principal_type == "Service"
        if name == "aws:principalisawsservice":
            return str(is_service).lower()
        if name != "aws:principalarn":
            return resolve(key, context)
        return None if is_service else _ASSUMED_ROLE.sub(r"arn:\1:iam::\2:role/\3", context.principal_arn)

    return resolve_key


def _metric_namespace(body: bytes, params: dict) -> str | None:
    """The Namespace of a PutMetricData call in CBOR, JSON or the query protocol."""
    value = params.get("Namespace")
    if value is None:
        value = _decoded(body).get("Namespace")
    elif isinstance(value, list):
        value = value[0]
    return value if isinstance(value, str) else None


def _body_field(body: bytes, field: str) -> Any:
    return _decoded(body).get(field) or ""


def _decoded(body: bytes) -> dict[str, Any]:
    """A JSON or CBOR body; empty if it is neither."""
    if not body:
        return {}
    try:
        document = json.loads(body) if body.lstrip()[:1] == b"{" else cbor2.loads(body)
    except (ValueError, cbor2.CBORDecodeError):
        return {}
    return document if isinstance(document, dict) else {}


def _pin_origin(source_ip: str, secure: bool) -> None:
    iam_evaluator.pin_request_origin(source_ip, not _plain_http.get())


def _noting_plain_http(serve: Callable[..., Awaitable[None]]) -> Callable[..., Awaitable[None]]:
    """Loopback HTTP counts as AWS's TLS, unless a request says that it is plain HTTP."""

    async def application(scope: dict, receive: Any, send: Any) -> None:
        if scope["type"] == "http":
            _plain_http.set(
                any(name.lower() == PLAIN_HTTP_HEADER and value == b"true" for name, value in scope["headers"])
            )
        await serve(scope, receive, send)

    return application

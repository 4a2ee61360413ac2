"""EventBridge's connections and API destinations as AWS keeps them: ids in their ARNs, secrets that are never returned.

MiniStack's ARNs end with the name, which AWS's own model refuses, and its DescribeConnection returns passwords.
"""

from __future__ import annotations

import copy
import json
from typing import Any

from ministack.core.responses import error_response_json, get_account_id, get_region, json_response, new_uuid
from ministack.services import eventbridge

Response = tuple[int, dict[str, str], Any]

_PARAMETERS = {
    "API_KEY": "ApiKeyAuthParameters",
    "BASIC": "BasicAuthParameters",
    "OAUTH_CLIENT_CREDENTIALS": "OAuthParameters",
}
_SECRETS = {
    "ApiKeyAuthParameters": ("ApiKeyValue",),
    "BasicAuthParameters": ("Password",),
    "ClientParameters": ("ClientSecret",),
}


def install() -> None:
    """Wrap the calls on connections and API destinations."""
    eventbridge._create_connection = _creating(
        eventbridge._create_connection, eventbridge._connections, "connection", "ConnectionArn", _objection
    )
    eventbridge._create_api_destination = _creating(
        eventbridge._create_api_destination,
        eventbridge._api_destinations,
        "api-destination",
        "ApiDestinationArn",
        _objection_to_destination,
    )
    eventbridge._update_connection = _refusing(eventbridge._update_connection, _objection)
    eventbridge._update_api_destination = _refusing(eventbridge._update_api_destination, _objection_to_destination)
    eventbridge._describe_connection = _describe(eventbridge._describe_connection)
    eventbridge._describe_api_destination = _describe_destination(eventbridge._describe_api_destination)


def connection_of(arn: str) -> dict | None:
    """The connection with an ARN, secrets and all."""
    connection: dict | None = eventbridge._connections.get(arn.split("/")[1] if arn.count("/") == 2 else "")
    return connection if connection and connection["ConnectionArn"] == arn else None


def destination_of(arn: str) -> dict | None:
    """The API destination with an ARN."""
    destination: dict | None = eventbridge._api_destinations.get(arn.split("/")[1] if arn.count("/") == 2 else "")
    return destination if destination and destination["ApiDestinationArn"] == arn else None


def is_active(destination: dict) -> bool:
    """Whether EventBridge calls it: only while its connection is authorized."""
    connection = connection_of(destination["ConnectionArn"])
    return connection is not None and connection["ConnectionState"] == "AUTHORIZED"


def without_secrets(connection: dict) -> dict:
    """A connection as DescribeConnection returns it."""
    told = copy.deepcopy(connection)
    _drop_secrets(told["AuthParameters"])
    return told


def _drop_secrets(value: Any) -> None:
    if isinstance(value, list):
        for entry in value:
            if entry.get("IsValueSecret"):
                entry.pop("Value", None)
    elif isinstance(value, dict):
        for name, inner in value.items():
            for secret in _SECRETS.get(name, ()):
                inner.pop(secret, None)
            _drop_secrets(inner)


def _creating(create: Any, records: Any, kind: str, field: str, objection: Any) -> Any:
    def create_with_id(data: dict) -> Response:
        problem = objection(data)
        if problem:
            return error_response_json(*problem, 400)
        status, headers, body = create(data)
        if status != 200:
            return status, headers, body
        record, unique = records[data["Name"]], new_uuid()
        record[field] = f"arn:aws:events:{get_region()}:{get_account_id()}:{kind}/{data['Name']}/{unique}"
        if kind == "connection":
            secret = f"secret:events!connection/{data['Name']}/{unique}-{new_uuid()[:6]}"
            record["SecretArn"] = f"arn:aws:secretsmanager:{get_region()}:{get_account_id()}:{secret}"
        return json_response({**json.loads(body), field: record[field]})

    return create_with_id


def _refusing(update: Any, objection: Any) -> Any:
    def update_checked(data: dict) -> Response:
        problem = objection(data)
        return error_response_json(*problem, 400) if problem else update(data)

    return update_checked


def _objection(data: dict) -> tuple[str, str] | None:
    kind = data.get("AuthorizationType")
    given = data.get("AuthParameters") or {}
    if kind in _PARAMETERS and "AuthParameters" in data and _PARAMETERS[kind] not in given:
        return "ValidationException", f"Parameter(s) {_PARAMETERS[kind]} must be specified for {kind}."
    return None


def _objection_to_destination(data: dict) -> tuple[str, str] | None:
    arn = data.get("ConnectionArn")
    if arn and connection_of(arn) is None:
        return "ResourceNotFoundException", f"Connection '{arn.split('/')[1]}' does not exist."
    return None


def _describe(describe: Any) -> Any:
    def describe_without_secrets(data: dict) -> Response:
        connection = eventbridge._connections.get(data.get("Name"))
        return json_response(without_secrets(connection)) if connection else describe(data)

    return describe_without_secrets


def _describe_destination(describe: Any) -> Any:
    def describe_with_state(data: dict) -> Response:
        destination = eventbridge._api_destinations.get(data.get("Name"))
        if destination:
            destination["ApiDestinationState"] = "ACTIVE" if is_active(destination) else "INACTIVE"
        return describe(data)

    return describe_with_state

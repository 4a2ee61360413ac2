"""Amazon Q Developer in chat applications, whose API is still AWS Chatbot's: channel configurations of Slack and Teams.

https://docs.aws.amazon.com/chatbot/latest/APIReference. MiniStack does not have the service. Any workspace and team is taken
for authorized, which only the console can do.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from ministack import app
from ministack.core import iam_actions
from ministack.core.arn import parse_arn
from ministack.core.responses import error_response_json, get_account_id, json_response
from ministack.services import sns

from .permissions import service_may_assume

SERVICE = "chatbot.amazonaws.com"
# What a configuration without guardrails is given.
GUARDRAILS = ["arn:aws:iam::aws:policy/AdministratorAccess"]

Response = tuple[int, dict[str, str], Any]
Configuration = dict[str, Any]


@dataclass(frozen=True)
class Kind:
    """An application: how its configurations differ from the other's."""

    resource: str
    team: str
    channel: str
    described: str
    updated: frozenset[str]
    told: Callable[[Configuration], Configuration]


def _slack(given: Configuration) -> Configuration:
    return {"SlackTeamName": given["SlackTeamId"], "SlackChannelName": given["SlackChannelId"], **given}


def _teams(given: Configuration) -> Configuration:
    return {"TeamName": given["TeamId"], "ChannelName": given["ChannelId"], **given}


# What an update takes of both: no name, workspace, team or tenant.
UPDATED = {"GuardrailPolicyArns", "IamRoleArn", "LoggingLevel", "SnsTopicArns", "UserAuthorizationRequired"}
SLACK = Kind(
    "slack-channel",
    "SlackTeamId",
    "SlackChannelId",
    "SlackChannelConfigurations",
    frozenset({*UPDATED, "SlackChannelId", "SlackChannelName"}),
    _slack,
)
TEAMS = Kind(
    "microsoft-teams-channel",
    "TeamId",
    "ChannelId",
    "TeamChannelConfigurations",
    frozenset({*UPDATED, "ChannelId", "ChannelName"}),
    _teams,
)

_held: dict[str, Configuration] = {}
_lock = threading.Lock()


def install() -> None:
    """Add the service to those that MiniStack has."""
    iam_actions.SERVICE_TO_IAM_NAMESPACE["chatbot"] = "chatbot"
    iam_actions._BOTOCORE_SERVICE_MAP["chatbot"] = ["chatbot"]
    app.SERVICE_HANDLERS["chatbot"] = _handle


def subscribed(topic_arn: str) -> list[Configuration]:
    """The configurations that get what a topic gets."""
    with _lock:
        return [dict(held) for held in _held.values() if topic_arn in held["SnsTopicArns"]]


async def _handle(method: str, path: str, headers: dict, body: bytes, query: dict) -> Response:
    call = _CALLS.get(path)
    if method != "POST" or call is None:
        return error_response_json("InvalidRequestException", f"{method} {path} is not known", 400)
    with _lock:
        return call(json.loads(body or b"{}"))


def _create(kind: Kind) -> Callable[[dict], Response]:
    def create(given: dict) -> Response:
        prefix = _prefix(kind)
        arn = prefix + given["ConfigurationName"]
        if arn in _held:
            return error_response_json("ConflictException", f"{given['ConfigurationName']} exists already", 409)
        problem = _taken(kind, given, _own(kind)) or _problem(given)
        if problem:
            return problem
        _held[arn] = {
            "LoggingLevel": "NONE",
            "UserAuthorizationRequired": False,
            "SnsTopicArns": [],
            "Tags": [],
            **kind.told(given),
            "GuardrailPolicyArns": given.get("GuardrailPolicyArns") or GUARDRAILS,
            "ChatConfigurationArn": arn,
            "State": "ENABLED",
        }
        return json_response({"ChannelConfiguration": _held[arn]}, 201)

    return create


def _update(kind: Kind) -> Callable[[dict], Response]:
    def update(given: dict) -> Response:
        held = _held.get(given["ChatConfigurationArn"])
        if held is None:
            return _not_found(given["ChatConfigurationArn"])
        changed = {**held, **{field: value for field, value in given.items() if field in kind.updated}}
        problem = _taken(kind, changed, [other for other in _own(kind) if other is not held]) or _problem(changed)
        if problem:
            return problem
        held |= changed
        return json_response({"ChannelConfiguration": held})

    return update


def _delete(given: dict) -> Response:
    if _held.pop(given["ChatConfigurationArn"], None) is None:
        return _not_found(given["ChatConfigurationArn"])
    return 204, {}, b""


def _describe(kind: Kind, filtered: str, attribute: str) -> Callable[[dict], Response]:
    def describe(given: dict) -> Response:
        wanted = given.get(filtered)
        return json_response({kind.described: [held for held in _own(kind) if wanted in (None, held[attribute])]})

    return describe


def _get(given: dict) -> Response:
    held = _held.get(given["ChatConfigurationArn"])
    return json_response({"ChannelConfiguration": held} if held else {})


def _list_tags(given: dict) -> Response:
    held = _held.get(given["ResourceARN"])
    return _not_found(given["ResourceARN"]) if held is None else json_response({"Tags": held["Tags"]})


def _retag(given: dict) -> Response:
    held = _held.get(given["ResourceARN"])
    if held is None:
        return _not_found(given["ResourceARN"])
    added = given.get("Tags", [])
    gone = {*given.get("TagKeys", []), *(tag["TagKey"] for tag in added)}
    held["Tags"] = [tag for tag in held["Tags"] if tag["TagKey"] not in gone] + added
    return json_response({})


def _taken(kind: Kind, given: Configuration, others: list[Configuration]) -> Response | None:
    """Whether the account has configured the channel already."""
    team, channel = given[kind.team], given[kind.channel]
    if all((held[kind.team], held[kind.channel]) != (team, channel) for held in others):
        return None
    message = f"Channel {channel} in team {team} has already been configured for AWS account {get_account_id()}"
    return error_response_json("InvalidRequestException", message, 400)


def _problem(given: Configuration) -> Response | None:
    """Why the service cannot use a role or a topic."""
    role = given["IamRoleArn"]
    if not service_may_assume(role, SERVICE, "", get_account_id()):
        return error_response_json("InvalidParameterException", f"{SERVICE} cannot assume the role {role}", 400)
    missing = next((topic for topic in given.get("SnsTopicArns") or [] if not _exists(topic)), None)
    if missing:
        return error_response_json("InvalidParameterException", f"The topic {missing} does not exist", 400)
    return None


def _exists(topic: str) -> bool:
    # In whatever region: the service has endpoints in four regions only.
    spec = parse_arn(topic)
    return bool(sns._topics.contains_scoped(spec.account_id, spec.region, topic))


def _prefix(kind: Kind) -> str:
    return f"arn:aws:chatbot::{get_account_id()}:chat-configuration/{kind.resource}/"


def _own(kind: Kind) -> list[Configuration]:
    return [held for arn, held in _held.items() if arn.startswith(_prefix(kind))]


def _not_found(arn: str) -> Response:
    response: Response = error_response_json("ResourceNotFoundException", f"{arn} does not exist", 404)
    return response


_CALLS: dict[str, Callable[[dict], Response]] = {
    "/create-slack-channel-configuration": _create(SLACK),
    "/update-slack-channel-configuration": _update(SLACK),
    "/delete-slack-channel-configuration": _delete,
    "/describe-slack-channel-configurations": _describe(SLACK, "ChatConfigurationArn", "ChatConfigurationArn"),
    "/create-ms-teams-channel-configuration": _create(TEAMS),
    "/update-ms-teams-channel-configuration": _update(TEAMS),
    "/delete-ms-teams-channel-configuration": _delete,
    "/get-ms-teams-channel-configuration": _get,
    "/list-ms-teams-channel-configurations": _describe(TEAMS, "TeamId", "TeamId"),
    "/list-tags-for-resource": _list_tags,
    "/tag-resource": _retag,
    "/untag-resource": _retag,
}

"""A channel of each type that posts to the local receivers, in the stand-in at AWS_ENDPOINT_URL: for the demo and the tests.

usage: PYTHONPATH=scripts python -m dev.channels RECEIVERS VARIABLES [OWNER]: reads what standin.receivers said when it started,
and writes the Terraform variables of the channels; with a pattern of owners, the channels get only theirs
"""

from __future__ import annotations

import json
import os
import sys
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

import botocore.session
from standin.receivers import slack

WAIT_SECONDS = 60.0
STATE = "/_receiver/state"
CHAT = "/_standin/chat"

Told = dict[str, dict[str, Any]]


def client(service: str, region: str | None = None) -> Any:
    return botocore.session.get_session().create_client(service, region_name=region)


def call(url: str, method: str = "GET", document: Any = None) -> Any:
    """The answer of a server of this machine; a path alone is the stand-in's."""
    data = None if document is None else json.dumps(document).encode()
    whole = url if "://" in url else f"{os.environ['AWS_ENDPOINT_URL']}{url}"
    request = urllib.request.Request(whole, data, method=method)
    with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request) as answer:
        text = answer.read()
    return json.loads(text) if text else None


def wait_for(what: str, found: Callable[[], Any]) -> Any:
    """The first answer that is not empty; raises if there is none in time."""
    deadline = time.monotonic() + WAIT_SECONDS
    while time.monotonic() < deadline:
        if answer := found():
            return answer
        time.sleep(0.1)
    raise AssertionError(f"{what} did not arrive within {WAIT_SECONDS:g} s")


def variables(told: Told, connection: Callable[[str], str]) -> dict[str, Any]:
    """Terraform's variables for a channel of each type, and for both ways of a secret: `connection` makes one of a type, and
    returns its ARN; Terraform makes two."""
    channels = {
        "everyone": {"type": "chat", "channel_id": "C0123456789", "workspace_id": "T0123456789"},
        "on_call": {"type": "pagerduty", "connection_arn": connection("pagerduty")},
        "ops": {"type": "slack", "channel_id": slack.CHANNEL},
        "team": {"type": "teams", "url": told["teams"]["endpoint"], "connection_arn": connection("teams")},
        "service": {"type": "jsm"},
        "siem": {"type": "webhook", "url": told["webhook"]["endpoint"], "connection_arn": connection("webhook")},
    }
    key = told["jsm"]["secrets"]["api_key"]["Authorization"].removeprefix("GenieKey ")
    return {"channels": channels, "channel_secrets": {"ops": slack.TOKEN, "service": key}}


def connect(told: Told, kind: str, name: str) -> str:
    """Makes a connection as docs/channels.md does, and returns its ARN."""
    secrets = dict(told[kind]["secrets"])
    [(key, value)] = secrets.pop("api_key", {"x-unused": "none"}).items()
    parameters = {"query": "QueryStringParameters", "body": "BodyParameters"}
    http = {
        parameters[where]: [{"Key": key, "Value": secret, "IsValueSecret": True} for key, secret in given.items()]
        for where, given in secrets.items()
    }
    arn: str = client("events").create_connection(
        Name=name,
        AuthorizationType="API_KEY",
        AuthParameters={"ApiKeyAuthParameters": {"ApiKeyName": key, "ApiKeyValue": value}, "InvocationHttpParameters": http},
    )["ConnectionArn"]
    return arn


def main(receivers: str, path: str, owner: str = "") -> None:
    told: Told = json.loads(Path(receivers).read_text(encoding="utf-8"))["receivers"]
    given = variables(told, lambda kind: connect(told, kind, f"receivers-{kind}"))
    for channel in given["channels"].values() if owner else ():
        channel["owners"] = [owner]
    Path(path).write_text(json.dumps(given), encoding="utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])

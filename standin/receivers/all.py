"""Every receiver, with the endpoint that a channel names and the secrets that belong in its connection."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from . import jsm, pagerduty, slack, teams, webhook
from .server import Receiver

RECEIVERS: tuple[type[Receiver], ...] = (
    slack.Slack,
    pagerduty.PagerDuty,
    jsm.JiraServiceManagement,
    teams.Teams,
    webhook.Webhook,
)

# Secrets by the part of a connection that they belong in: its API key, its query strings or its body.
_CHANNELS: dict[str, dict[str, Any]] = {
    "slack": {
        "path": "/api/chat.postMessage",
        "secrets": {"api_key": {"Authorization": f"Bearer {slack.TOKEN}"}},
        "channel": slack.CHANNEL,
        "archived": slack.ARCHIVED,
    },
    "pagerduty": {"path": "/v2/enqueue", "secrets": {"body": {"routing_key": pagerduty.ROUTING_KEY}}},
    "jsm": {
        "path": "/jsm/ops/integration/v2/alerts",
        "secrets": {"api_key": {"Authorization": f"GenieKey {jsm.API_KEY}"}},
    },
    "teams": {
        "path": f"{teams.PATH}?api-version=1&sp=%2Ftriggers%2Fmanual%2Frun&sv=1.0",
        "secrets": {"query": {"sig": teams.SIGNATURE}},
    },
    "webhook": {"path": "/hook", "secrets": {"api_key": {webhook.HEADER: webhook.SECRET}}},
}


def described(receivers: Iterable[Receiver]) -> dict[str, Any]:
    """What the configuration of channels needs to know about running receivers."""
    told: dict[str, Any] = {"hosts": {}, "receivers": {}}
    for receiver in receivers:
        channel = dict(_CHANNELS[receiver.name])
        endpoint = f"https://{receiver.host}{channel.pop('path')}"
        told["hosts"][receiver.host] = receiver.url
        told["receivers"][receiver.name] = {"url": receiver.url, "host": receiver.host, "endpoint": endpoint, **channel}
    return told

"""What Amazon Q Developer posts of the messages of a topic: custom notifications, and nothing else of ours.

``GET /_standin/chat``     by configuration name the ``notifications`` that its channel has, and what was ``dropped`` and why
``DELETE /_standin/chat``  forget it

Its notifications of AWS's own services are left out.
"""

from __future__ import annotations

import json
import threading
from typing import Any

from ministack.services import sns

from . import controls
from .chatbot import subscribed
from .receivers.custom_notification import problems_of

PATH = "/_standin/chat"

_channels: dict[str, dict[str, list[Any]]] = {}
_lock = threading.Lock()


def install() -> None:
    """Take what each topic delivers."""
    fan_out = sns._fanout

    def fan_out_to_chat(topic_arn: str, message_id: str, message: str, *rest: Any, **named: Any) -> None:
        fan_out(topic_arn, message_id, message, *rest, **named)
        for configuration in subscribed(topic_arn):
            _receive(configuration["ConfigurationName"], message)

    sns._fanout = fan_out_to_chat
    controls.show(PATH, _held, _forget)


def _receive(channel: str, message: str) -> None:
    try:
        notification = json.loads(message)
    except ValueError:
        notification = None
    problems = problems_of(notification)
    with _lock:
        seen = _channels.setdefault(channel, {"notifications": [], "dropped": []})
        if problems:
            seen["dropped"].append({"message": message, "reason": "; ".join(problems)})
        else:
            seen["notifications"].append(notification)


def _held() -> dict[str, Any]:
    with _lock:
        held: dict[str, Any] = json.loads(json.dumps(_channels))
        return held


def _forget() -> None:
    with _lock:
        _channels.clear()

"""A request with an idempotency token takes effect once; a repeated one gets the first answer."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

from ministack.core.responses import get_account_id, get_region

from .models.check import Checked

Response = tuple[int, dict[str, str], Any]

# MiniStack handles DynamoDB's tokens itself.
_KEPT_ELSEWHERE = "dynamodb"
# Clients repeat within seconds, and an answer can be large.
MOST = 1000


@dataclass
class _Answer:
    response: Response | None = None
    # A client that lost its connection repeats a request that may still be running.
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)


_answers: dict[tuple[str, ...], _Answer] = {}


async def once(checked: Checked | None, handle: Callable[[], Awaitable[Response]]) -> Response:
    """The answer to a request, or to the earlier one with the same token and parameters if that succeeded."""
    if not checked or not checked.token or checked.service == _KEPT_ELSEWHERE:
        return await handle()
    asked = checked.service, checked.operation, checked.token, repr(checked.parameters)
    answer = _answers.setdefault((get_account_id(), get_region(), *asked), _Answer())
    while len(_answers) > MOST:
        del _answers[next(iter(_answers))]
    async with answer.lock:
        status, headers, body = answer.response or await handle()
        if status < 300:
            answer.response = status, headers, body
    # MiniStack puts the request's id into the headers.
    return status, dict(headers), body

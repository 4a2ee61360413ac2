"""SQS's limits of a message's own delay, which MiniStack does not check."""

from __future__ import annotations

from typing import Any

from ministack.services import sqs

MAX_DELAY_SECONDS = 900


def install() -> None:
    """Reject a delay out of range, in a single message or in one of a batch."""
    send = sqs._act_send_message

    def send_within_limits(data: dict, queue_url: str) -> Any:
        delay = data.get("DelaySeconds")
        if delay is not None and not 0 <= int(delay) <= MAX_DELAY_SECONDS:
            raise sqs._Err(
                "InvalidParameterValue",
                f"Value {delay} for parameter DelaySeconds is invalid. "
                f"Reason: DelaySeconds must be >= 0 and <= {MAX_DELAY_SECONDS}.",
            )
        return send(data, queue_url)

    sqs._act_send_message = send_within_limits
    sqs._HANDLERS["SendMessage"] = send_within_limits

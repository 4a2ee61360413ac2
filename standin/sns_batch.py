"""SNS's size limit of a whole batch; MiniStack only checks each message."""

from __future__ import annotations

from typing import Any

from ministack.services import sns


def install() -> None:
    """Reject a batch whose total size is too large."""
    publish = sns._publish_batch

    def publish_within_limits(params: dict) -> Any:
        entries = sns._parse_batch_entries(params)
        size = sum(sns._message_payload_size(entry["message"], entry["message_attributes"]) for entry in entries)
        if size > sns._SNS_MAX_PAYLOAD_BYTES:
            return sns._error(
                "BatchRequestTooLong",
                f"The length of all the messages put together is more than the limit: {size} bytes, "
                f"where {sns._SNS_MAX_PAYLOAD_BYTES} are allowed",
                400,
            )
        return publish(params)

    sns._publish_batch = publish_within_limits

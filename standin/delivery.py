"""Messages that AWS services put into queues."""

from __future__ import annotations

import hashlib
import time

from ministack.core.concurrency import esm_wake
from ministack.core.responses import get_account_id, new_uuid
from ministack.services import sqs


def send_to_queue(queue_arn: str, body: str, attributes: dict[str, str] | None = None) -> bool:
    """Put a message into a queue; return false if there is no such queue."""
    queue = sqs._queue_by_arn(queue_arn)
    if queue is None:
        return False
    message_attributes = {
        name: {"DataType": "Number" if value.isdigit() else "String", "StringValue": value}
        for name, value in (attributes or {}).items()
    }
    now = time.time()
    message = {
        "id": new_uuid(),
        "body": body,
        "md5_body": hashlib.md5(body.encode(), usedforsecurity=False).hexdigest(),
        "md5_attrs": sqs._md5_msg_attrs(message_attributes),
        "message_attributes": message_attributes,
        "sent_at": now,
        "visible_at": now + sqs.queue_delay(queue),
        "sys": {"SenderId": get_account_id(), "SentTimestamp": str(int(now * 1000))},
    }
    sqs._ensure_msg_fields(message)
    queue["messages"].append(message)
    esm_wake.set()
    return True

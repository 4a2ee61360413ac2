"""What AWS requires of an event source mapping from a queue."""

from __future__ import annotations

from typing import Any

from ministack.core.responses import error_response_json
from ministack.services import lambda_svc, sqs

from .permissions import role_exists, role_may

POLLER_ACTIONS = {
    "sqs": ("sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"),
    "dynamodb": (
        "dynamodb:GetRecords",
        "dynamodb:GetShardIterator",
        "dynamodb:DescribeStream",
        "dynamodb:ListStreams",
    ),
}

# A larger batch takes several receives, and so needs a window.
MAX_BATCH_WITHOUT_WINDOW = 10

Mapping = dict[str, Any]


def install() -> None:
    """Check each mapping that is created or changed."""
    create, update = lambda_svc._create_esm, lambda_svc._update_esm

    def create_checked(data: dict) -> Any:
        return _refusal(data) or create(data)

    def update_checked(mapping_id: str, data: dict) -> Any:
        mapping = lambda_svc._esms.get(mapping_id)
        changed = {**mapping, "FunctionName": mapping["FunctionArn"], **data} if mapping else data
        return _refusal(changed) or update(mapping_id, data)

    lambda_svc._create_esm = create_checked
    lambda_svc._update_esm = update_checked


def missing_permission(role: str, source_arn: str) -> str | None:
    """The first action that the poller needs on the queue or stream and that the role lacks."""
    if not role_exists(role):
        return None
    actions = POLLER_ACTIONS[source_arn.split(":")[2]]
    return next((action for action in actions if not role_may(role, action, source_arn)), None)


def existing_mapping(wanted: Mapping, name: str, qualifier: str | None) -> Mapping | None:
    """Another mapping from the same source to the same function."""
    for other in list(lambda_svc._esms.values()):
        same = (other["EventSourceArn"], other["FunctionName"], other["Qualifier"])
        if same == (wanted["EventSourceArn"], name, qualifier) and other["UUID"] != wanted.get("UUID"):
            found: Mapping = other
            return found
    return None


def _refusal(wanted: Mapping) -> Any:
    """AWS's error; None if the mapping is valid, or if MiniStack has its own error."""
    queue_arn = wanted.get("EventSourceArn", "")
    name, qualifier, unknown = lambda_svc._resolve_existing_esm_function(wanted.get("FunctionName", ""))
    if ":sqs:" not in queue_arn or unknown:
        return None
    other = existing_mapping(wanted, name, qualifier)
    if other:
        return error_response_json(
            "ResourceConflictException",
            f'An event source mapping with SQS arn (" {queue_arn} ") and function (" {name} ") already exists. '
            f"Please update or delete the existing mapping with UUID {other['UUID']}",
            409,
        )
    _, config = lambda_svc._get_func_record_for_qualifier(name, qualifier)
    message = _objection_to_batch(wanted) or _objection_to_queue(queue_arn, config or {})
    return error_response_json("InvalidParameterValueException", message, 400) if message else None


def _objection_to_batch(wanted: Mapping) -> str | None:
    size, window = wanted.get("BatchSize", 10), wanted.get("MaximumBatchingWindowInSeconds", 0)
    if size > MAX_BATCH_WITHOUT_WINDOW and not window:
        return (
            "Maximum batch window in seconds must be greater than 0 "
            f"if maximum batch size is greater than {MAX_BATCH_WITHOUT_WINDOW}"
        )
    return None


def _objection_to_queue(queue_arn: str, config: dict) -> str | None:
    missing = missing_permission(config.get("Role", ""), queue_arn)
    if missing:
        operation = missing.partition(":")[2]
        return f"The provided execution role does not have permissions to call {operation} on SQS"
    queue = sqs._queue_by_arn(queue_arn)
    if queue is None:
        return (
            "Error occurred while ReceiveMessage. SQS Error Code: AWS.SimpleQueueService.NonExistentQueue. "
            "SQS Error Message: The specified queue does not exist."
        )
    visibility, timeout = int(queue["attributes"].get("VisibilityTimeout", "30")), config.get("Timeout", 3)
    if visibility < timeout:
        return f"Queue visibility timeout: {visibility} seconds is less than Function timeout: {timeout} seconds"
    return None

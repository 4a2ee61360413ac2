"""What AWS requires of an event source mapping from a table's stream."""

from __future__ import annotations

from typing import Any

from ministack.core.responses import error_response_json
from ministack.services import dynamodb, lambda_svc

from .event_sources import Mapping, existing_mapping, missing_permission
from .stream_records import is_filter

STARTING_POSITIONS = ("TRIM_HORIZON", "LATEST")
# AWS's defaults for a mapping that does not set these.
DEFAULTS: dict[str, Any] = {
    "BatchSize": 100,
    "BisectBatchOnFunctionError": False,
    "DestinationConfig": {"OnFailure": {}},
    "MaximumRecordAgeInSeconds": -1,
    "MaximumRetryAttempts": -1,
    "ParallelizationFactor": 1,
}
# Of the ages that the model allows, Lambda accepts -1 and these.
_MIN_AGE_SECONDS = 60


def install() -> None:
    """Check each mapping that is created or changed."""
    create, update = lambda_svc._create_esm, lambda_svc._update_esm

    def create_checked(data: dict) -> Any:
        if not is_stream(data.get("EventSourceArn", "")):
            return create(data)
        wanted = {**DEFAULTS, **data}
        return _refusal(wanted) or create(wanted)

    def update_checked(mapping_id: str, data: dict) -> Any:
        mapping = lambda_svc._esms.get(mapping_id)
        if not mapping or not is_stream(mapping["EventSourceArn"]):
            return update(mapping_id, data)
        return _refusal({**mapping, "FunctionName": mapping["FunctionArn"], **data}) or update(mapping_id, data)

    lambda_svc._create_esm = create_checked
    lambda_svc._update_esm = update_checked


def is_stream(source_arn: str) -> bool:
    """Whether the source is a table's stream."""
    return ":dynamodb:" in source_arn and "/stream/" in source_arn


def table_of(stream_arn: str) -> dict[str, Any] | None:
    """The table that this stream currently belongs to."""
    name = stream_arn.split("/")[1]
    table: dict[str, Any] | None = dynamodb._tables.get(name)
    return table if table and table.get("LatestStreamArn") == stream_arn else None


def _refusal(wanted: Mapping) -> Any:
    """AWS's error; None if the mapping is valid, or if MiniStack has its own error."""
    name, qualifier, unknown = lambda_svc._resolve_existing_esm_function(wanted.get("FunctionName", ""))
    if unknown:
        return None
    other = existing_mapping(wanted, name, qualifier)
    if other:
        return error_response_json(
            "ResourceConflictException",
            f'The event source arn (" {wanted["EventSourceArn"]} ") and function (" {name} ") provided mapping '
            f"already exists. Please update or delete the existing mapping with UUID {other['UUID']}",
            409,
        )
    _, config = lambda_svc._get_func_record_for_qualifier(name, qualifier)
    message = _objection_to_settings(wanted) or _objection_to_stream(wanted["EventSourceArn"], config or {})
    return error_response_json("InvalidParameterValueException", message, 400) if message else None


def _objection_to_settings(wanted: Mapping) -> str | None:
    position = wanted.get("StartingPosition")
    if position is None:
        return (
            "1 validation error detected: Value null at 'startingPosition' failed to satisfy constraint: "
            "Member must not be null."
        )
    if position not in STARTING_POSITIONS:
        return "Unsupported starting position for arn type: dynamodb"
    age = wanted.get("MaximumRecordAgeInSeconds", -1)
    if -1 < age < _MIN_AGE_SECONDS:
        return f"MaximumRecordAgeInSeconds must be -1 or at least {_MIN_AGE_SECONDS}, got {age}"
    if not is_filter(wanted.get("FilterCriteria") or {}):
        return "Invalid filter pattern definition."
    return None


def _objection_to_stream(stream_arn: str, config: dict) -> str | None:
    if missing_permission(config.get("Role", ""), stream_arn):
        return (
            f"Cannot access stream {stream_arn}. Please ensure the role can perform the GetRecords, GetShardIterator, "
            "DescribeStream, and ListStreams Actions on your stream in IAM."
        )
    return None if table_of(stream_arn) else f"Stream not found: {stream_arn}"

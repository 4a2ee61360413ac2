"""Installs every wrap of this package into MiniStack."""

from __future__ import annotations

from . import (
    alarms,
    connections,
    describe_instances,
    dynamodb,
    dynamodb_faults,
    ec2_events,
    ec2_instances,
    event_source_polling,
    event_sources,
    event_targets,
    iam,
    instance_ages,
    lambda_async,
    lambda_environment,
    network_interfaces,
    parameters,
    record_requests,
    rules,
    s3_owner,
    schedules,
    sns_batch,
    sqs_delay,
    stream_polling,
    stream_sources,
)


def install() -> None:
    """Wrap MiniStack's functions; call once, before it serves."""
    connections.install()
    iam.install()
    ec2_instances.install()
    network_interfaces.install()
    instance_ages.install()
    describe_instances.install()
    # After ec2_instances, because the events report what its handlers change.
    ec2_events.install()
    lambda_async.install()
    lambda_environment.install()
    event_targets.install()
    rules.install()
    schedules.install()
    dynamodb.install()
    # After dynamodb, so that a fault comes before every check.
    dynamodb_faults.install()
    sns_batch.install()
    sqs_delay.install()
    event_sources.install()
    event_source_polling.install()
    stream_sources.install()
    stream_polling.install()
    alarms.install()
    s3_owner.install()
    parameters.install()
    # Last, so that a request is recorded as it arrived.
    record_requests.install()

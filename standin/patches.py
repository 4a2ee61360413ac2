"""Installs every wrap of this package into MiniStack."""

from __future__ import annotations

from . import (
    alarms,
    api_destinations,
    chat_notifications,
    chatbot,
    connections,
    definitions,
    describe_instances,
    dynamodb,
    dynamodb_faults,
    ec2_events,
    ec2_instances,
    event_connections,
    event_source_polling,
    event_sources,
    event_targets,
    events_faults,
    filter_policies,
    http_tasks,
    iam,
    instance_ages,
    lambda_async,
    lambda_environment,
    leading_keys,
    metric_filters,
    network_interfaces,
    outbound,
    parameters,
    record_requests,
    redrive,
    retries,
    rules,
    s3_owner,
    schedules,
    simulation,
    sns_batch,
    sqs_delay,
    state_machines,
    stream_polling,
    stream_sources,
)


def install() -> None:
    """Wrap MiniStack's functions; call once, before it serves."""
    connections.install()
    iam.install()
    leading_keys.install()
    simulation.install()
    ec2_instances.install()
    network_interfaces.install()
    instance_ages.install()
    describe_instances.install()
    # After ec2_instances, because the events report what its handlers change.
    ec2_events.install()
    lambda_async.install()
    lambda_environment.install()
    event_targets.install()
    events_faults.install()
    outbound.install()
    event_connections.install()
    api_destinations.install()
    state_machines.install()
    # Around the role's checks, so that their refusals are noted too.
    redrive.install()
    retries.install()
    definitions.install()
    http_tasks.install()
    rules.install()
    schedules.install()
    dynamodb.install()
    # After dynamodb, so that a fault comes before every check.
    dynamodb_faults.install()
    sns_batch.install()
    filter_policies.install()
    chatbot.install()
    chat_notifications.install()
    sqs_delay.install()
    event_sources.install()
    event_source_polling.install()
    stream_sources.install()
    stream_polling.install()
    alarms.install()
    metric_filters.install()
    s3_owner.install()
    parameters.install()
    # Last, so that a request is recorded as it arrived.
    record_requests.install()

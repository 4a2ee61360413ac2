"""Lists what is left of an environment, by its suffix, in every service that it uses.

usage: leftovers.py SUFFIX. Exit code 1 where anything is left.
"""

import sys
from collections.abc import Iterator
from typing import Any

import botocore.session

# Service, operation, the list in its answer, and the name in each item (None: the item is it).
LISTINGS = [
    ("s3", "list_buckets", "Buckets", "Name"),
    ("sns", "list_topics", "Topics", "TopicArn"),
    ("sns", "list_subscriptions", "Subscriptions", "TopicArn"),
    ("sqs", "list_queues", "QueueUrls", None),
    ("lambda", "list_functions", "Functions", "FunctionName"),
    ("lambda", "list_event_source_mappings", "EventSourceMappings", "EventSourceArn"),
    ("scheduler", "list_schedules", "Schedules", "Name"),
    ("dynamodb", "list_tables", "TableNames", None),
    ("logs", "describe_log_groups", "logGroups", "logGroupName"),
    ("iam", "list_roles", "Roles", "RoleName"),
    ("events", "list_rules", "Rules", "Name"),
    ("cloudwatch", "list_dashboards", "DashboardEntries", "DashboardName"),
    ("cloudwatch", "describe_alarms", "MetricAlarms", "AlarmName"),
]


def names(session: Any, service: str, operation: str, items: str, name: str | None) -> Iterator[str]:
    """Yields the name of everything that the operation lists, page by page."""
    client = session.create_client(service)
    if client.can_paginate(operation):
        pages = client.get_paginator(operation).paginate()
    else:
        pages = token_pages(getattr(client, operation))
    for page in pages:
        for item in page.get(items, []):
            yield item if name is None else item[name]


def token_pages(call: Any) -> Iterator[dict[str, Any]]:
    """Yields the pages of an operation that botocore has no paginator for."""
    arguments = {}
    while True:
        page = call(**arguments)
        yield page
        if not page.get("NextToken"):
            return
        arguments = {"NextToken": page["NextToken"]}


def main(suffix: str) -> int:
    session = botocore.session.get_session()
    left = [
        f"{service}: {found}"
        for service, operation, items, name in LISTINGS
        for found in names(session, service, operation, items, name)
        # The ARN of a table's stream goes on after the name of the table.
        if f"-{suffix}/" in f"{found}/"
    ]
    if left:
        print(f"Of the environment {suffix} this is left:", *left, sep="\n  ", file=sys.stderr)
        return 1
    print(f"Nothing of the environment {suffix} is left in {len(LISTINGS)} listings.")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))

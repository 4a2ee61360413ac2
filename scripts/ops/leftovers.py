"""Lists what is left of an environment, by its suffix, in every service that it uses.

usage: leftovers.py SUFFIX
       leftovers.py --pull-requests [NUMBER]

Exits with 1 if anything is left. Without a number, prints everything with a name that the role of pull requests may give, each
line prefixed with the number and a tab, and exits with 0.
"""

import re
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import botocore.session

# Service, operation, the list in its answer, and the field with the name (None: the item is the name).
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

# Of channels, which not every environment has, and those of pull requests never have.
CHANNEL_LISTINGS = [
    ("events", "list_api_destinations", "ApiDestinations", "Name"),
    ("events", "list_connections", "Connections", "Name"),
    ("stepfunctions", "list_state_machines", "stateMachines", "name"),
    ("chatbot", "describe_slack_channel_configurations", "SlackChannelConfigurations", "ConfigurationName"),
    ("chatbot", "list_microsoft_teams_channel_configurations", "TeamChannelConfigurations", "ConfigurationName"),
]

# Amazon Q Developer has its configurations in each of these: https://docs.aws.amazon.com/general/latest/gr/chatbot.html
CHAT_REGIONS = ("us-east-2", "us-west-2", "eu-west-1", "ap-southeast-1")
CHAT_PARTITION = "aws"

NAMES = Path(__file__).resolve().parents[2] / "terraform" / "modules" / "names" / "main.tf"
# Prefix of the integration tests' instances.
TESTS = "tag-compliance-test"


def names(session: Any, service: str, operation: str, items: str, name: str | None) -> Iterator[str]:
    """Yields the name of everything that the operation lists."""
    client = session.create_client(service, region_name=region_of(session, service))
    if client.can_paginate(operation):
        pages = client.get_paginator(operation).paginate()
    else:
        pages = token_pages(getattr(client, operation))
    for page in pages:
        for item in page.get(items, []):
            yield item if name is None else item[name]


def region_of(session: Any, service: str) -> str | None:
    """Where the service keeps what the configured region has; None is that region."""
    region = session.get_config_variable("region")
    # As Terraform's provider does.
    return "us-west-2" if service == "chatbot" and region not in CHAT_REGIONS else None


def token_pages(call: Any) -> Iterator[dict[str, Any]]:
    """Yields the pages of an operation that botocore has no paginator for."""
    arguments = {}
    while True:
        page = call(**arguments)
        yield page
        if not page.get("NextToken"):
            return
        arguments = {"NextToken": page["NextToken"]}


def listings_of_environments(session: Any) -> list[tuple[str, str, str, str | None]]:
    """The listings of an environment with channels."""
    partition = session.get_partition_for_region(session.get_config_variable("region"))
    return LISTINGS + [listing for listing in CHANNEL_LISTINGS if listing[0] != "chatbot" or partition == CHAT_PARTITION]


def found(session: Any, listings: list[tuple[str, str, str, str | None]]) -> Iterator[tuple[str, str]]:
    """Yields the service and name of everything in the listings."""
    for service, operation, items, name in listings:
        for one in names(session, service, operation, items, name):
            yield service, one


def test_instances(session: Any) -> Iterator[tuple[str, str]]:
    """Yields the names of the tests' instances, which are in a tag."""
    filters = [
        {"Name": "tag:Name", "Values": [f"{TESTS}-pr*"]},
        {"Name": "instance-state-name", "Values": ["pending", "running", "stopping", "stopped"]},
    ]
    for page in session.create_client("ec2").get_paginator("describe_instances").paginate(Filters=filters):
        for reservation in page["Reservations"]:
            for instance in reservation["Instances"]:
                yield from (("ec2", tag["Value"]) for tag in instance["Tags"] if tag["Key"] == "Name")


def of_pull_requests(things: Iterable[tuple[str, str]], module: str) -> Iterator[tuple[str, str]]:
    """Yields the pull request's number and the resource for each name that the role of pull requests may give.

    IAM's patterns end with pr, a digit and a wildcard: whatever comes after the number still belongs to it.
    """
    prefixes = [*re.findall(r'"([^"$]+)-\$\{var\.suffix\}"', module), TESTS]
    pattern = re.compile(rf"(?:^|[:/])(?:{'|'.join(map(re.escape, prefixes))})-pr([1-9][0-9]*)")
    for service, name in things:
        if number := pattern.search(name):
            yield number[1], f"{service}: {name}"


def list_pull_requests(only: str | None) -> int:
    session = botocore.session.get_session()
    things = [*found(session, LISTINGS), *test_instances(session)]
    left = list(of_pull_requests(things, NAMES.read_text(encoding="utf-8")))
    if only is None:
        for number, thing in left:
            print(number, thing, sep="\t")
        return 0
    return report(f"pr{only}", [thing for number, thing in left if number == only])


def list_environment(suffix: str) -> int:
    # The ARN of a table's stream continues after the name of the table.
    session = botocore.session.get_session()
    listings = listings_of_environments(session)
    return report(suffix, [f"{service}: {name}" for service, name in found(session, listings) if f"-{suffix}/" in f"{name}/"], len(listings))


def report(suffix: str, left: list[str], listings: int = len(LISTINGS)) -> int:
    if left:
        print(f"Left of the environment {suffix}:", *left, sep="\n  ", file=sys.stderr)
        return 1
    print(f"Nothing is left of the environment {suffix} in {listings} listings.")
    return 0


def main(arguments: list[str]) -> int:
    if arguments[0] == "--pull-requests":
        return list_pull_requests(*(arguments[1:] or [None]))
    return list_environment(arguments[0])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

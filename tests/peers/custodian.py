"""Whom Cloud Custodian flags. It runs by the Python that has c7n, which is not that of the tests.

usage: PYTHON custodian.py NOW <QUESTIONS

Reads a list of [filters, instances] in JSON and writes a list of the ids that each of the filters leaves at that time.
"""

import datetime
import json
import sys
from types import SimpleNamespace
from unittest import mock

from c7n.config import Config
from c7n.policy import PolicyCollection
from c7n.resources import load_resources

RESOURCE = "aws.ec2"


NOW = datetime.datetime.fromisoformat(sys.argv[1])


class Clock(datetime.datetime):
    """Where it is always now."""

    @classmethod
    def now(cls, tz: datetime.tzinfo | None = None) -> datetime.datetime:
        return NOW.astimezone(tz)


def main() -> None:
    questions = json.load(sys.stdin)
    load_resources((RESOURCE,))
    policies = [
        {"name": f"question-{number}", "resource": RESOURCE, "filters": filters}
        for number, (filters, _) in enumerate(questions)
    ]
    config = Config.empty(region="us-east-1", account_id="123456789012")
    collection = PolicyCollection.from_data({"policies": policies}, config)
    answers = []
    for policy, (_, instances) in zip(collection, questions, strict=True):
        policy.validate()
        flagged = policy.resource_manager.filter_resources(instances)
        answers.append(sorted(instance["InstanceId"] for instance in flagged))
    json.dump(answers, sys.stdout)


# Their filters of values take the time from this module.
with mock.patch("c7n.filters.core.datetime", SimpleNamespace(datetime=Clock)):
    main()

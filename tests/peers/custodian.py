"""Whom Cloud Custodian flags. It runs by the Python that has c7n, which is not that of the tests.

usage: PYTHON custodian.py <QUESTIONS

Reads a list of [filters, instances] in JSON and writes a list of the ids that each of the filters leaves.
"""

import json
import sys

from c7n.config import Config
from c7n.policy import PolicyCollection
from c7n.resources import load_resources

RESOURCE = "aws.ec2"


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


main()

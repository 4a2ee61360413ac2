"""The actions, resources and condition keys that IAM checks for a call, by AWS's Service Authorization Reference."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

Given = dict[str, Any]
Keys = dict[str, str | list[str]]

# Permissions named differently than the operation.
ACTIONS = {
    "s3:DeleteBucketEncryption": "s3:PutEncryptionConfiguration",
    "s3:DeleteBucketLifecycle": "s3:PutLifecycleConfiguration",
    "s3:DeletePublicAccessBlock": "s3:PutBucketPublicAccessBlock",
    "s3:GetBucketAccelerateConfiguration": "s3:GetAccelerateConfiguration",
    "s3:GetBucketCors": "s3:GetBucketCORS",
    "s3:GetBucketEncryption": "s3:GetEncryptionConfiguration",
    "s3:GetBucketLifecycleConfiguration": "s3:GetLifecycleConfiguration",
    "s3:GetBucketReplication": "s3:GetReplicationConfiguration",
    "s3:GetObjectLockConfiguration": "s3:GetBucketObjectLockConfiguration",
    "s3:GetPublicAccessBlock": "s3:GetBucketPublicAccessBlock",
    "s3:HeadBucket": "s3:ListBucket",
    "s3:ListObjectVersions": "s3:ListBucketVersions",
    "s3:PutBucketEncryption": "s3:PutEncryptionConfiguration",
    "s3:PutBucketLifecycleConfiguration": "s3:PutLifecycleConfiguration",
    "s3:PutPublicAccessBlock": "s3:PutBucketPublicAccessBlock",
}
# AWS also checks these for a creation with tags.
TAGGING = {
    "cloudwatch:PutMetricAlarm": "cloudwatch:TagResource",
    "dynamodb:CreateTable": "dynamodb:TagResource",
    "events:PutRule": "events:TagResource",
    "iam:CreateRole": "iam:TagRole",
    "lambda:CreateFunction": "lambda:TagResource",
    "logs:CreateLogGroup": "logs:TagResource",
    "sns:CreateTopic": "sns:TagResource",
    "sqs:CreateQueue": "sqs:TagQueue",
}
# Needs no permission.
FREE = {"sts:GetCallerIdentity"}


@dataclass(frozen=True)
class Account:
    """The account that the calls go to, and what they do not say: the boundary of the environment's roles, and its function."""

    partition: str
    region: str
    number: str
    boundary: str
    function: str

    def arn(self, service: str, rest: str, *, region: bool = True, number: bool = True) -> str:
        return f"arn:{self.partition}:{service}:{self.region if region else ''}:{self.number if number else ''}:{rest}"


@dataclass(frozen=True)
class Step:
    """One question for IAM."""

    action: str
    resource: str
    keys: Keys = field(default_factory=dict)

    def line(self) -> str:
        """The step as one line, unique to it."""
        return json.dumps([self.action, self.resource, self.keys], sort_keys=True)


def steps(service: str, operation: str, given: Given, account: Account) -> Iterator[Step]:
    """Every question that IAM answers for one call."""
    action = f"{service}:{operation}"
    if action in FREE:
        return
    keys = KEYS[action](given, account) if action in KEYS else {}
    for resource in RESOURCES[service](operation, given, account):
        yield Step(ACTIONS.get(action, action), resource, keys)
        if action in TAGGING and any(given.get(name) for name in ("Tags", "tags")):
            yield Step(TAGGING[action], resource)
    for role, receiver in _passed(action, given):
        yield Step("iam:PassRole", role, {"iam:PassedToService": receiver})


def _passed(action: str, given: Given) -> Iterator[tuple[str, str]]:
    if action in ("lambda:CreateFunction", "lambda:UpdateFunctionConfiguration") and "Role" in given:
        yield given["Role"], "lambda.amazonaws.com"
    if action in ("scheduler:CreateSchedule", "scheduler:UpdateSchedule"):
        yield given["Target"]["RoleArn"], "scheduler.amazonaws.com"


def _pattern(given: Given, name: str) -> list[str]:
    values: list[str] = json.loads(given.get("EventPattern", "{}")).get(name, [])
    return values


def _actions_of_alarm(given: Given, _: Account) -> Keys:
    names = ("AlarmActions", "InsufficientDataActions", "OKActions")
    return {"cloudwatch:AlarmActions": [action for name in names for action in given.get(name, [])]}


def _of_function(_: Given, account: Account) -> Keys:
    return {"lambda:FunctionArn": account.function}


def _of_boundary(_: Given, account: Account) -> Keys:
    return {"iam:PermissionsBoundary": account.boundary}


KEYS: dict[str, Callable[[Given, Account], Keys]] = {
    "cloudwatch:PutMetricAlarm": _actions_of_alarm,
    "events:PutRule": lambda given, _: {
        "events:source": _pattern(given, "source"),
        "events:detail-type": _pattern(given, "detail-type"),
    },
    "events:PutTargets": lambda given, _: {"events:TargetArn": [target["Arn"] for target in given["Targets"]]},
    "iam:CreateRole": lambda given, _: {"iam:PermissionsBoundary": given.get("PermissionsBoundary", "")},
    "iam:PutRolePolicy": _of_boundary,
    "kms:DescribeKey": lambda given, _: {"kms:RequestAlias": given["KeyId"]},
    "lambda:AddPermission": lambda given, _: {"lambda:Principal": given["Principal"]},
    "lambda:CreateEventSourceMapping": _of_function,
    "lambda:DeleteEventSourceMapping": _of_function,
    "lambda:UpdateEventSourceMapping": _of_function,
}


def _first(given: Given, *names: str) -> Any:
    return next(given[name] for name in names if name in given)


def _cloudwatch(operation: str, given: Given, account: Account) -> list[str]:
    if operation == "DescribeAlarms":
        return ["*"]
    if "ResourceARN" in given:
        return [given["ResourceARN"]]
    dashboards = given.get("DashboardNames") or [given[name] for name in ("DashboardName",) if name in given]
    alarms = given.get("AlarmNames") or [given[name] for name in ("AlarmName",) if name in given]
    return [account.arn("cloudwatch", f"dashboard/{name}", region=False) for name in dashboards] + [
        account.arn("cloudwatch", f"alarm:{name}") for name in alarms
    ]


def _dynamodb(_: str, given: Given, account: Account) -> list[str]:
    name = _first(given, "TableName", "ResourceArn")
    return [name if name.startswith("arn:") else account.arn("dynamodb", f"table/{name}")]


def _events(operation: str, given: Given, account: Account) -> list[str]:
    name = _first(given, "ResourceARN", *(("Rule",) if "Target" in operation else ("Name",)))
    return [name if name.startswith("arn:") else account.arn("events", f"rule/{name}")]


def _iam(_: str, given: Given, account: Account) -> list[str]:
    return [account.arn("iam", f"role/{given['RoleName']}", region=False)]


def _kms(_: str, __: Given, account: Account) -> list[str]:
    return [account.arn("kms", "key/1234abcd-12ab-34cd-56ef-1234567890ab")]


def _lambda(operation: str, given: Given, account: Account) -> list[str]:
    if operation == "CreateEventSourceMapping":
        return ["*"]
    if "UUID" in given:
        return [account.arn("lambda", f"event-source-mapping:{given['UUID']}")]
    name = _first(given, "Resource", "FunctionName")
    return [name if name.startswith("arn:") else account.arn("lambda", f"function:{name}")]


def _logs(operation: str, given: Given, account: Account) -> list[str]:
    if operation == "DescribeLogGroups":
        return ["*"]
    name = _first(given, "logGroupName", "resourceArn")
    return [name if name.startswith("arn:") else account.arn("logs", f"log-group:{name}")]


def _s3(operation: str, given: Given, account: Account) -> list[str]:
    bucket = account.arn("s3", given["Bucket"], region=False, number=False)
    return [f"{bucket}/{item['Key']}" for item in given["Delete"]["Objects"]] if operation == "DeleteObjects" else [bucket]


def _scheduler(_: str, given: Given, account: Account) -> list[str]:
    return [account.arn("scheduler", f"schedule/{given.get('GroupName', 'default')}/{given['Name']}")]


def _sns(_: str, given: Given, account: Account) -> list[str]:
    name = _first(given, "TopicArn", "ResourceArn", "Name")
    return [name if name.startswith("arn:") else account.arn("sns", name)]


def _sqs(_: str, given: Given, account: Account) -> list[str]:
    return [account.arn("sqs", _first(given, "QueueUrl", "QueueName").rsplit("/", 1)[-1])]


RESOURCES: dict[str, Callable[[str, Given, Account], list[str]]] = {
    "cloudwatch": _cloudwatch,
    "dynamodb": _dynamodb,
    "events": _events,
    "iam": _iam,
    "kms": _kms,
    "lambda": _lambda,
    "logs": _logs,
    "s3": _s3,
    "scheduler": _scheduler,
    "sns": _sns,
    "sqs": _sqs,
}

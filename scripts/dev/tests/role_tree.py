"""The escalation tree: what the author of a pull request may try, step by step, and IAM's answer to each step.

The apply's role runs whatever the author writes. The function's role is created by the author, with any policy and any trust;
only the boundary limits it.
"""

from __future__ import annotations

from dataclasses import dataclass

from dev.authorization import Keys, Step

from .role import BOUNDARY, ENVIRONMENT, FUNCTION, NUMBER, PARTITION, REGION


@dataclass(frozen=True)
class Try:
    """One step of one role."""

    role: str
    aim: str
    step: Step
    allowed: bool = False


def arn(service: str, rest: str, region: str = REGION, number: str = NUMBER) -> str:
    return f"arn:{PARTITION}:{service}:{region}:{number}:{rest}"


def denied(role: str, aim: str, action: str, resource: str, keys: Keys | None = None) -> Try:
    return Try(role, aim, Step(action, resource, keys or {}))


def allowed(role: str, aim: str, action: str, resource: str, keys: Keys | None = None) -> Try:
    return Try(role, aim, Step(action, resource, keys or {}), allowed=True)


BUCKET = f"arn:{PARTITION}:s3:::compliance-logs-{ENVIRONMENT}-1234567890"
CHECKER = arn("iam", f"role/tag-compliance-checker-role-{ENVIRONMENT}", region="")
SWEEP = arn("iam", f"role/tag-compliance-sweep-role-{ENVIRONMENT}", region="")
PRODS = arn("iam", "role/tag-compliance-checker-role-prod", region="")
ADMIN = arn("iam", "role/admin", region="")
WORKFLOWS = [arn("iam", f"role/{name}", region="") for name in ("tag-compliance-github-actions", "tag-compliance-janitor")]
RULE = arn("events", f"rule/ec2-state-change-{ENVIRONMENT}")
ALARM = arn("cloudwatch", f"alarm:high-non-compliance-{ENVIRONMENT}")
TOPIC = arn("sns", f"compliance-alerts-{ENVIRONMENT}")
TABLE = arn("dynamodb", f"table/tag-compliance-state-{ENVIRONMENT}")
DELAY = arn("sqs", f"tag-compliance-delay-{ENVIRONMENT}")
EVENTS = arn("sqs", f"tag-compliance-events-{ENVIRONMENT}")
LETTERS = arn("sqs", f"tag-compliance-dlq-{ENVIRONMENT}")
MAPPING = arn("lambda", "event-source-mapping:1234abcd-12ab-34cd-56ef-1234567890ab")
PROD = arn("lambda", "function:tag-compliance-checker-prod")
KEY = arn("kms", "key/1234abcd-12ab-34cd-56ef-1234567890ab")
INSTANCE = arn("ec2", "instance/i-1234567890abcdef0")
NEW_INSTANCE = arn("ec2", "instance/*")
INTERFACE = arn("ec2", "network-interface/eni-1234567890abcdef0")
NEW_INTERFACE = arn("ec2", "network-interface/*")
STATE = f"arn:{PARTITION}:s3:::states/pr/{ENVIRONMENT}/terraform.tfstate"
OURS = {"events:source": ["aws.ec2"], "events:detail-type": ["EC2 Instance State-change Notification"]}
BUS_ARN = arn("events", "event-bus/default")
OUR_EVENT: Keys = {"events:source": "tag-compliance", "events:detail-type": "Tag Compliance Violation Resolved"}
STREAM = f"{TABLE}/stream/2026-11-27T00:00:00.000"
GROUP = arn("logs", f"log-group:/aws/lambda/tag-compliance-checker-{ENVIRONMENT}")
LOG = f"{GROUP}:log-stream:one"
CODE: Keys = {"lambda:SourceFunctionArn": FUNCTION}
HERE: Keys = {"aws:ResourceAccount": NUMBER}
TEST = f"tag-compliance-test-{ENVIRONMENT}"

# Make a role, and get it more than the boundary.
ROLES = [
    allowed("apply", "make a role under the boundary", "iam:CreateRole", CHECKER, {"iam:PermissionsBoundary": BOUNDARY}),
    denied("apply", "make a role without it", "iam:CreateRole", CHECKER),
    denied("apply", "make one under another", "iam:CreateRole", CHECKER, {"iam:PermissionsBoundary": f"arn:{PARTITION}:iam::aws:policy/AdministratorAccess"}),
    denied("apply", "make one of another name", "iam:CreateRole", ADMIN, {"iam:PermissionsBoundary": BOUNDARY}),
    denied("apply", "give a policy to a role without a boundary", "iam:PutRolePolicy", CHECKER),
    denied("apply", "put a wider boundary on it", "iam:PutRolePermissionsBoundary", CHECKER, {"iam:PermissionsBoundary": f"arn:{PARTITION}:iam::aws:policy/AdministratorAccess"}),
    denied("apply", "take the boundary away", "iam:DeleteRolePermissionsBoundary", CHECKER),
    denied("apply", "attach a policy", "iam:AttachRolePolicy", CHECKER),
    denied("apply", "write a policy", "iam:CreatePolicy", BOUNDARY),
    denied("apply", "write the boundary anew", "iam:CreatePolicyVersion", BOUNDARY),
    denied("apply", "give prod's role a policy", "iam:PutRolePolicy", PRODS, {"iam:PermissionsBoundary": BOUNDARY}),
    denied("apply", "let itself into prod's role", "iam:UpdateAssumeRolePolicy", PRODS),
    denied("apply", "take a role on", "sts:AssumeRole", ADMIN),
    *[denied("apply", "widen a role of the workflows", "iam:PutRolePolicy", role, {"iam:PermissionsBoundary": BOUNDARY}) for role in WORKFLOWS],
    *[denied("apply", "let others into a role of the workflows", "iam:UpdateAssumeRolePolicy", role) for role in WORKFLOWS],
    denied("apply", "make a user", "iam:CreateUser", arn("iam", "user/pr42", region="")),
    denied("apply", "make an access key", "iam:CreateAccessKey", arn("iam", "user/admin", region="")),
]

# Have a service do it.
SERVICES = [
    denied("apply", "pass an administrator's role to a function", "iam:PassRole", ADMIN, {"iam:PassedToService": "lambda.amazonaws.com"}),
    denied("apply", "pass the checker's role to an instance", "iam:PassRole", CHECKER, {"iam:PassedToService": "ec2.amazonaws.com"}),
    denied("apply", "pass the sweep's role to a function", "iam:PassRole", SWEEP, {"iam:PassedToService": "lambda.amazonaws.com"}),
    denied("apply", "change prod's function", "lambda:UpdateFunctionCode", PROD),
    denied("apply", "start prod's function", "lambda:InvokeFunction", PROD),
    denied("apply", "feed prod's function", "lambda:CreateEventSourceMapping", "*", {"lambda:FunctionArn": PROD}),
    denied("apply", "turn prod's mapping off", "lambda:UpdateEventSourceMapping", MAPPING, {"lambda:FunctionArn": PROD}),
    denied("apply", "let another account start the function", "lambda:AddPermission", FUNCTION, {"lambda:Principal": "210987654321"}),
    denied("apply", "let everybody start the function", "lambda:AddPermission", FUNCTION, {"lambda:Principal": "*"}),
    denied("apply", "give the function an address", "lambda:CreateFunctionUrlConfig", FUNCTION),
    denied("apply", "run a stack", "cloudformation:CreateStack", arn("cloudformation", "stack/pr42/1234abcd-12ab-34cd-56ef-1234567890ab")),
]

# Read what else happens in the account.
BUS = [
    allowed("apply", "match what becomes of instances", "events:PutRule", RULE, OURS),
    denied("apply", "match every event, by no source", "events:PutRule", RULE, {"events:detail-type": OURS["events:detail-type"]}),
    denied("apply", "match all of a source, by no type", "events:PutRule", RULE, {"events:source": ["aws.ec2"]}),
    denied("apply", "match an account's sign-ins", "events:PutRule", RULE, {**OURS, "events:source": ["aws.signin"]}),
    denied("apply", "match them beside its own", "events:PutRule", RULE, {**OURS, "events:source": ["aws.ec2", "aws.signin"]}),
    denied("apply", "match calls by CloudTrail", "events:PutRule", RULE, {**OURS, "events:detail-type": ["AWS API Call via CloudTrail"]}),
    denied("apply", "match them with prod's rule", "events:PutRule", arn("events", "rule/ec2-state-change-prod"), OURS),
    denied("apply", "send events to another bus", "events:PutTargets", RULE, {"events:TargetArn": [arn("events", "event-bus/theirs", number="210987654321")]}),
    denied("apply", "set off prod's topic by a rule", "events:PutTargets", RULE, {"events:TargetArn": [arn("sns", "compliance-alerts-prod")]}),
    denied("apply", "set it off beside its own target", "events:PutTargets", RULE, {"events:TargetArn": [FUNCTION, arn("sns", "compliance-alerts-prod")]}),
    denied("apply", "name no target", "events:PutTargets", RULE),
    denied("apply", "match prod's violations", "events:PutRule", RULE, {"events:source": ["tag-compliance"], "events:detail-type": ["Tag Compliance Violation Opened"]}),
    denied("apply", "feed the bus", "events:PutEvents", BUS_ARN),
    denied("apply", "forge an event of prod's", "events:PutEvents", BUS_ARN, OUR_EVENT),
    denied("apply", "open the bus", "events:PutPermission", "*"),
]

# Have an alarm act.
ALARMS = [
    allowed("apply", "have an alarm tell the topic", "cloudwatch:PutMetricAlarm", ALARM, {"cloudwatch:AlarmActions": [TOPIC]}),
    denied("apply", "have it stop an instance", "cloudwatch:PutMetricAlarm", ALARM, {"cloudwatch:AlarmActions": [f"arn:aws:automate:{REGION}:ec2:stop"]}),
    denied("apply", "have it terminate one too", "cloudwatch:PutMetricAlarm", ALARM, {"cloudwatch:AlarmActions": [TOPIC, f"arn:aws:automate:{REGION}:ec2:terminate"]}),
    denied("apply", "have it tell prod's topic", "cloudwatch:PutMetricAlarm", ALARM, {"cloudwatch:AlarmActions": [arn("sns", "compliance-alerts-prod")]}),
    denied("apply", "silence prod's alarm", "cloudwatch:PutMetricAlarm", arn("cloudwatch", "alarm:high-non-compliance-prod"), {"cloudwatch:AlarmActions": [TOPIC]}),
    denied("apply", "have a composite alarm act", "cloudwatch:PutCompositeAlarm", ALARM),
    denied("apply", "write prod's metrics", "cloudwatch:PutMetricData", "*", {"cloudwatch:namespace": "TagCompliance/prod"}),
    denied("apply", "write them by a metric filter of its own log", "logs:PutMetricFilter", GROUP),
    allowed("apply", "see that there is none", "logs:DescribeMetricFilters", GROUP),
]

# Reach machines.
INSTANCES = [
    allowed("apply", "launch a test instance", "ec2:RunInstances", NEW_INSTANCE, {"ec2:InstanceType": "t3.nano", "aws:RequestTag/Name": TEST}),
    allowed("apply", "with a new interface", "ec2:RunInstances", NEW_INTERFACE),
    denied("apply", "with an interface that is there, and its addresses", "ec2:RunInstances", INTERFACE),
    denied("apply", "launch a larger one", "ec2:RunInstances", NEW_INSTANCE, {"ec2:InstanceType": "p5.48xlarge", "aws:RequestTag/Name": TEST}),
    denied("apply", "launch one of another name", "ec2:RunInstances", NEW_INSTANCE, {"ec2:InstanceType": "t3.nano", "aws:RequestTag/Name": "web"}),
    denied("apply", "with somebody's key pair", "ec2:RunInstances", arn("ec2", "key-pair/admin")),
    denied("apply", "by a launch template", "ec2:RunInstances", arn("ec2", "launch-template/lt-1234567890abcdef0")),
    denied("apply", "stop another's instance", "ec2:StopInstances", INSTANCE, {"aws:ResourceTag/Name": "web"}),
    denied("apply", "name another's instance as a test's", "ec2:CreateTags", INSTANCE, {"aws:ResourceTag/Name": "web", "aws:RequestTag/Name": TEST}),
    denied("apply", "attach a profile", "ec2:AssociateIamInstanceProfile", INSTANCE),
    allowed("apply", "stop a test instance", "ec2:StopInstances", INSTANCE, {"aws:ResourceTag/Name": TEST}),
    allowed("apply", "tag one at its launch", "ec2:CreateTags", NEW_INSTANCE, {"ec2:CreateAction": "RunInstances"}),
]

# Read or write what is not its own.
DATA = [
    allowed("apply", "write its state", "s3:PutObject", STATE),
    denied("apply", "read another state of the bucket", "s3:GetObject", f"arn:{PARTITION}:s3:::states/prod/terraform.tfstate"),
    denied("apply", "read an older version of a state", "s3:GetObjectVersion", STATE),
    denied("apply", "open the states", "s3:PutBucketPolicy", f"arn:{PARTITION}:s3:::states"),
    denied("apply", "open prod's audit log", "s3:PutBucketPolicy", f"arn:{PARTITION}:s3:::compliance-logs-prod"),
    denied("apply", "publish to prod's topic", "sns:Publish", arn("sns", "compliance-alerts-prod")),
    denied("apply", "read prod's table", "dynamodb:Scan", arn("dynamodb", "table/tag-compliance-state-prod")),
    denied("apply", "use a key", "kms:Decrypt", KEY),
    denied("apply", "look at another key than DynamoDB's own", "kms:DescribeKey", KEY, {"kms:RequestAlias": "alias/prod"}),
    denied("apply", "read a secret", "secretsmanager:GetSecretValue", arn("secretsmanager", "secret:prod-1a2b3c")),
]

# Take the function's role elsewhere: by its trust policy, or with the credentials of one session.
ELSEWHERE = [
    *[
        allowed("function", "as the function's code", action, resource, {**CODE, **(HERE if resource != "*" else {}), **keys})
        for action, resource, keys in [
            ("ec2:DescribeInstances", "*", {}),
            ("cloudwatch:PutMetricData", "*", {"cloudwatch:namespace": f"TagCompliance/{ENVIRONMENT}"}),
            ("s3:PutObject", f"{BUCKET}/scans/one.json", {}),
            ("sns:Publish", TOPIC, {}),
            ("sqs:SendMessage", DELAY, {}),
            ("dynamodb:UpdateItem", TABLE, {}),
            ("dynamodb:Query", f"{TABLE}/index/due", {}),
            ("logs:PutLogEvents", LOG, {}),
        ]
    ],
    *[
        denied("function", "the same from elsewhere", action, resource, keys)
        for action, resource, keys in [
            ("ec2:DescribeInstances", "*", {}),
            ("cloudwatch:PutMetricData", "*", {"cloudwatch:namespace": f"TagCompliance/{ENVIRONMENT}"}),
            ("s3:PutObject", f"{BUCKET}/scans/one.json", HERE),
            ("sns:Publish", TOPIC, HERE),
            ("sqs:SendMessage", DELAY, HERE),
            ("dynamodb:UpdateItem", TABLE, HERE),
            ("logs:PutLogEvents", LOG, HERE),
        ]
    ],
    *[
        allowed("function", "as Lambda and Scheduler themselves", action, resource, HERE)
        for action, resource in [
            ("sqs:ReceiveMessage", DELAY),
            ("sqs:DeleteMessage", EVENTS),
            ("sqs:GetQueueAttributes", EVENTS),
            ("sqs:SendMessage", LETTERS),
            ("lambda:InvokeFunction", FUNCTION),
            *[(f"dynamodb:{action}", STREAM) for action in ("DescribeStream", "GetRecords", "GetShardIterator")],
        ]
    ],
    denied("function", "from a function of another name", "sns:Publish", TOPIC, {**HERE, "lambda:SourceFunctionArn": arn("lambda", "function:other")}),
    denied("function", "to a delay queue from it", "sqs:SendMessage", DELAY, {**HERE, "lambda:SourceFunctionArn": arn("lambda", "function:other")}),
    denied("function", "carry records out to another's bucket of that name", "s3:PutObject", f"arn:{PARTITION}:s3:::compliance-logs-pr42-theirs/scans/one", {**CODE, "aws:ResourceAccount": "210987654321"}),
    denied("function", "write prod's metrics", "cloudwatch:PutMetricData", "*", {**CODE, "cloudwatch:namespace": "TagCompliance/prod"}),
    denied("function", "forge an event of prod's", "events:PutEvents", BUS_ARN, {**CODE, **HERE, **OUR_EVENT}),
    *[
        denied("function", "whatever its policy says", action, resource, {**CODE, **(HERE if resource != "*" else {})})
        for action, resource in [
            ("sts:AssumeRole", ADMIN),
            ("iam:CreateUser", arn("iam", "user/pr42", region="")),
            ("iam:PassRole", CHECKER),
            ("s3:GetObject", STATE),
            ("s3:GetObject", f"{BUCKET}/scans/one.json"),
            ("s3:DeleteObject", f"{BUCKET}/scans/one.json"),
            ("dynamodb:DeleteItem", TABLE),
            ("sns:Subscribe", TOPIC),
            ("sns:Publish", arn("sns", "compliance-alerts-prod")),
            ("lambda:UpdateFunctionCode", FUNCTION),
            ("lambda:InvokeFunction", PROD),
            ("ec2:TerminateInstances", INSTANCE),
            ("sqs:ReceiveMessage", arn("sqs", "tag-compliance-delay-prod")),
        ]
    ],
]

# Have the janitor do it, by a state that names what is another's: it destroys what pull requests may have, and makes nothing.
JANITOR = [
    *[allowed("janitor", "empty a pull request's audit log", f"s3:{action}", f"{BUCKET}/scans/one.json") for action in ("DeleteObject", "DeleteObjectVersion")],
    allowed("janitor", "find what is in it", "s3:ListBucketVersions", BUCKET),
    denied("janitor", "destroy prod's audit log", "s3:DeleteBucket", f"arn:{PARTITION}:s3:::compliance-logs-prod"),
    denied("janitor", "destroy prod's table", "dynamodb:DeleteTable", arn("dynamodb", "table/tag-compliance-state-prod")),
    denied("janitor", "destroy prod's function", "lambda:DeleteFunction", PROD),
    denied("janitor", "destroy prod's mapping", "lambda:DeleteEventSourceMapping", MAPPING, {"lambda:FunctionArn": PROD}),
    denied("janitor", "destroy a role", "iam:DeleteRole", ADMIN),
    *[denied("janitor", "destroy a role of the workflows", "iam:DeleteRole", role) for role in WORKFLOWS],
    denied("janitor", "destroy a state of another", "s3:DeleteObject", f"arn:{PARTITION}:s3:::states/prod/terraform.tfstate"),
    denied("janitor", "terminate an instance", "ec2:TerminateInstances", INSTANCE),
    denied("janitor", "make a function", "lambda:CreateFunction", FUNCTION),
    denied("janitor", "change a function", "lambda:UpdateFunctionCode", FUNCTION),
    denied("janitor", "start a function", "lambda:InvokeFunction", FUNCTION),
    denied("janitor", "make a role", "iam:CreateRole", CHECKER, {"iam:PermissionsBoundary": BOUNDARY}),
    denied("janitor", "pass a role", "iam:PassRole", CHECKER, {"iam:PassedToService": "lambda.amazonaws.com"}),
    denied("janitor", "make a rule", "events:PutRule", RULE, OURS),
    denied("janitor", "read an audit record", "s3:GetObject", f"{BUCKET}/scans/one.json"),
    denied("janitor", "look at another key", "kms:DescribeKey", KEY, {"kms:RequestAlias": "alias/prod"}),
]

GITHUB = "token.actions.githubusercontent.com"
REPOSITORY = "octo-org/tag-compliance"


def token(environment: str, ref: str, workflow: str, repository_id: str = "1234567890", audience: str = "sts.amazonaws.com") -> Keys:
    """The claims of a job's token."""
    return {
        f"{GITHUB}:aud": audience,
        f"{GITHUB}:sub": f"repo:{REPOSITORY}:environment:{environment}",
        f"{GITHUB}:ref": ref,
        f"{GITHUB}:repository_id": repository_id,
        f"{GITHUB}:job_workflow_ref": f"{REPOSITORY}/.github/workflows/{workflow}@{ref}",
    }


MERGE, MAIN = "refs/pull/42/merge", "refs/heads/main"
APPLYS, JANITORS = token("pr", MERGE, "pr-environment.yml"), token("pr-cleanup", MAIN, "janitor.yml")
TAKE = ("sts:AssumeRoleWithWebIdentity", arn("iam", "role/tag-compliance-github-actions", region=""))

# Take a role of the workflows.
TOKENS = [
    allowed("apply-trust", "take the apply's role by its job", *TAKE, APPLYS),
    allowed("janitor-trust", "take the janitor's by its job", *TAKE, JANITORS),
    denied("apply-trust", "by another environment", *TAKE, token("other", MERGE, "pr-environment.yml")),
    denied("apply-trust", "by the janitor's token", *TAKE, JANITORS),
    denied("apply-trust", "by another workflow of the pull request", *TAKE, token("pr", MERGE, "mine.yml")),
    denied("apply-trust", "by a push", *TAKE, token("pr", "refs/heads/mine", "pr-environment.yml")),
    denied("apply-trust", "by a push of the reusable workflow", *TAKE, {**APPLYS, f"{GITHUB}:ref": "refs/heads/mine"}),
    denied("apply-trust", "from a repository that has the name now", *TAKE, token("pr", MERGE, "pr-environment.yml", "1")),
    denied("apply-trust", "by a token for another audience", *TAKE, token("pr", MERGE, "pr-environment.yml", audience="vault")),
    denied("janitor-trust", "by the apply's token", *TAKE, APPLYS),
    denied("janitor-trust", "by another environment", *TAKE, token("pr", MAIN, "janitor.yml")),
    denied("janitor-trust", "by a branch's janitor", *TAKE, {**JANITORS, f"{GITHUB}:job_workflow_ref": f"{REPOSITORY}/.github/workflows/janitor.yml@refs/heads/mine"}),
    denied("janitor-trust", "on another branch", *TAKE, {**JANITORS, f"{GITHUB}:ref": "refs/heads/mine"}),
    denied("janitor-trust", "by another workflow of the default branch", *TAKE, token("pr-cleanup", MAIN, "ci.yml")),
    denied("janitor-trust", "from a repository that has the name now", *TAKE, token("pr-cleanup", MAIN, "janitor.yml", "1")),
    denied("janitor-trust", "by a token for another audience", *TAKE, token("pr-cleanup", MAIN, "janitor.yml", audience="vault")),
]

TREE = [*ROLES, *SERVICES, *BUS, *ALARMS, *INSTANCES, *DATA, *ELSEWHERE, *JANITOR, *TOKENS]

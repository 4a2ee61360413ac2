"""AWS's prices in us-east-1, in dollars."""

from __future__ import annotations

from dataclasses import dataclass

# When the prices were compared with stored copies of AWS's pages and with reports on these. Those of S3 were in no newer
# copy than the one of the comparison before.
AS_OF = "2026-11-27"
_BEFORE = "2026-11-23"


@dataclass(frozen=True)
class Price:
    """A price. Its tiers are how many units cost how much each; the last one has no end."""

    what: str
    unit: str
    tiers: tuple[tuple[float, float], ...]
    source: str
    # Units per month in the account's permanent free tier.
    free: float = 0.0
    # When it was last compared with a copy of its page.
    compared: str = AS_OF

    def of(self, units: float, *, free_tier: bool = False) -> float:
        """The cost of this many units in a month."""
        left = max(0.0, units - self.free) if free_tier else units
        dollars = 0.0
        for size, each in self.tiers:
            within = min(left, size)
            dollars += within * each
            left -= within
        return dollars


_WITHOUT_END = float("inf")
_CLOUDWATCH = "https://aws.amazon.com/cloudwatch/pricing/"
_CONFIG = "https://aws.amazon.com/config/pricing/"
_DYNAMODB = "https://aws.amazon.com/dynamodb/pricing/"
_LAMBDA = "https://aws.amazon.com/lambda/pricing/"
_S3 = "https://aws.amazon.com/s3/pricing/"
_EVENTBRIDGE = "https://aws.amazon.com/eventbridge/pricing/"
_SNS = "https://aws.amazon.com/sns/pricing/"
_STEP_FUNCTIONS = "https://aws.amazon.com/step-functions/pricing/"


def _flat(each: float) -> tuple[tuple[float, float], ...]:
    return ((_WITHOUT_END, each),)


PRICES = {
    "lambda_requests": Price("Lambda requests", "request", _flat(0.20e-6), _LAMBDA, free=1e6),
    "lambda_arm64": Price("Lambda, arm64", "GB-second", _flat(0.0000133334), _LAMBDA, free=400e3),
    "lambda_x86_64": Price("Lambda, x86_64", "GB-second", _flat(0.0000166667), _LAMBDA, free=400e3),
    "metrics": Price("CloudWatch custom metrics", "metric", ((10e3, 0.30), (_WITHOUT_END, 0.10)), _CLOUDWATCH, free=10),
    "alarms": Price("CloudWatch alarm", "alarm", _flat(0.10), _CLOUDWATCH, free=10),
    "put_metric_data": Price("CloudWatch PutMetricData", "request", _flat(0.01e-3), _CLOUDWATCH, free=1e6),
    "logs_gb": Price("CloudWatch Logs, ingested", "GB", ((10e3, 0.50), (_WITHOUT_END, 0.25)), _CLOUDWATCH, free=5),
    "s3_puts": Price("S3 PutObject", "request", _flat(0.005e-3), _S3, compared=_BEFORE),
    "s3_gb": Price("S3 storage", "GB-month", _flat(0.023), _S3, compared=_BEFORE),
    "table_writes": Price("DynamoDB writes, on demand", "write unit", _flat(0.625e-6), _DYNAMODB),
    "table_reads": Price("DynamoDB reads, on demand", "read unit", _flat(0.125e-6), _DYNAMODB),
    "table_gb": Price("DynamoDB storage", "GB-month", _flat(0.25), _DYNAMODB, free=25),
    "sns_requests": Price("SNS requests", "request", _flat(0.50e-6), _SNS, free=1e6),
    "sns_mails": Price("SNS emails", "email", _flat(2e-5), _SNS, free=1e3),
    "sqs_requests": Price("SQS requests", "request", _flat(0.40e-6), "https://aws.amazon.com/sqs/pricing/", free=1e6),
    "schedules": Price("EventBridge Scheduler", "invocation", _flat(1e-6), _EVENTBRIDGE, free=14e6),
    "events_published": Price("EventBridge, events of our own", "64 KB", _flat(1e-6), _EVENTBRIDGE),
    "api_destinations": Price("EventBridge API destinations", "delivery", _flat(0.2e-6), _EVENTBRIDGE),
    "transitions": Price("Step Functions, Standard", "transition", _flat(25e-6), _STEP_FUNCTIONS, free=4000),
    "config_items": Price("AWS Config configuration items", "item", _flat(0.003), _CONFIG),
    "config_evaluations": Price(
        "AWS Config rule evaluations", "evaluation", ((100e3, 0.001), (400e3, 0.0008), (_WITHOUT_END, 0.0005)), _CONFIG
    ),
}
# Of each dashboard beyond the three that an account has for free.
DASHBOARD = 3.00

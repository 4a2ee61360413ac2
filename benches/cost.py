"""The cost of a month, from counted calls: pure functions over the price list. Prints the tables of docs/cost.md.

usage: scripts/standin.sh python benches/cost.py [--write]
"""

from __future__ import annotations

import argparse
import json
import math
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any, Literal

from prices import AS_OF, DASHBOARD, PRICES

Architecture = Literal["arm64", "x86_64"]
Channel = Literal["webhook", "teams", "slack", "pager"]
Units = Counter[str]

DOCUMENT = Path(__file__).resolve().parent.parent / "docs" / "cost.md"
FLEETS = (100, 10_000, 1_000_000)


@dataclass(frozen=True)
class Settings:
    """The Terraform variables that the cost depends on, with their defaults."""

    event_delivery: Literal["direct", "queue"] = "direct"
    metrics: Literal["api", "logs"] = "api"
    audit_records: Literal["each", "batch"] = "each"
    event_queue_window_seconds: int = 1
    system_log_level: Literal["INFO", "WARN"] = "INFO"
    violation_events_enabled: bool = True

    def shown(self) -> str:
        """What differs from the defaults, as in a .tfvars file."""
        values = {field.name: getattr(self, field.name) for field in fields(self)}
        changed = {name: value for name, value in values.items() if value != getattr(DIRECT, name)}
        return ", ".join(f"`{name} = {json.dumps(value)}`" for name, value in changed.items()) or "the defaults"


DIRECT = Settings()
QUEUE = Settings(event_delivery="queue")
LOGS = Settings(metrics="logs")
LARGE = Settings(event_delivery="queue", metrics="logs", audit_records="batch", event_queue_window_seconds=5)
WAYS = {"direct": DIRECT, "queue": QUEUE, "logs": LOGS, "large": LARGE}
# The settings that the docs name for each fleet, by the ways' names.
NAMED = {100: "direct", 10_000: "logs", 1_000_000: "large"}
MINUTES = 30 * 24 * 60
# High non-compliance, dead letters, unwritten records, no sweep. UnwrittenRecords has data, and so a price, only if S3
# refuses records.
ALARMS = 4
# Read with each opening of the table: the policy in force.
POLICY_KEY = 1
# Due items are in the index too, which is written when they come and when they go.
INDEX = 1
# Hours after which an open violation is alerted again.
REPEAT_HOURS = 168
# Partitions of the table, and of a sweep in parts.
PARTITIONS = 16
# How many partitions of a large fleet are read in parallel, and of the table for a small one.
SIDE_BY_SIDE, QUERIED_SIDE_BY_SIDE = 8, 4
ITEMS_OF_A_QUERY = 250
READ_UNIT = 4096
# A closed item expires after eight days, and DynamoDB deletes it some days later.
KEPT_DAYS = 8 + 2
# The memory at which Lambda gives one vCPU, in MB.
VCPU_MB = 1769
GB = 1e9


@dataclass(frozen=True)
class Work:
    """The work of one event: calls, CPU milliseconds, bytes of its own lines in the function's log, and events on the bus."""

    calls: dict[str, int]
    cpu_ms: float
    log_bytes: float
    events: int = 0


@dataclass(frozen=True)
class Teller:
    """The work of the teller's looks at a violation: when it is told, told again, and resolved."""

    telling: Work
    repeating: Work
    settling: Work


# Calls and log as benches/tests/test_calls.py counts them; CPU time as docs/performance.md has it, or by the calls where it
# has none.
COMPLIANT = Work(
    {"DescribeInstances": 1, "BatchGetItem": 1, "PutObject": 1, "PutMetricData": 1}, cpu_ms=0.7, log_bytes=328
)
# A known violation makes the same calls as a compliant instance.
OPENING = Work({**COMPLIANT.calls, "UpdateItem": 1}, cpu_ms=0.9, log_bytes=579)
# The teller's look at a violation, with its group's claim, the pace, and the write that topic and bus were told.
_LOOK = {"BatchGetItem": 1, "DescribeInstances": 1}
_MAIL = {**_LOOK, "UpdateItem": 3, "PublishBatch": 1}
TELLING = Work({**_MAIL, "PutEvents": 2}, cpu_ms=1.8, log_bytes=641, events=2)
# Machines aren't told again.
REPEATING = Work({**_MAIL, "PutEvents": 1}, cpu_ms=1.5, log_bytes=451, events=1)
# Its look at a resolved violation, which is on the bus alone: the group's claim, and the write that the bus was told.
SETTLING = Work({**_LOOK, "UpdateItem": 2, "PutEvents": 2}, cpu_ms=1.4, log_bytes=380, events=2)
# The same without events, where a resolved violation is only no longer due.
MAIL = Work(_MAIL, cpu_ms=1.2, log_bytes=261)
SILENCE = Work({**_LOOK, "UpdateItem": 1}, cpu_ms=0.6, log_bytes=0)
TELLERS = {True: Teller(TELLING, REPEATING, SETTLING), False: Teller(MAIL, MAIL, SILENCE)}
# A sweep's events: its digest, and that it has ended.
SWEEP_EVENTS = 2
# A new instance without tags, which gets a second look later.
PROVISIONAL = Work(
    {"DescribeInstances": 1, "BatchGetItem": 1, "PutObject": 1, "SendMessageBatch": 1}, cpu_ms=0.7, log_bytes=651
)
# The line that begins an invocation, of an event and of a batch, and the one that counts evaluations if `metrics` is logs.
EVENT_LINE, BATCH_LINE, COUNT_LINE = 271, 178, 203
# Cloud Custodian's policy of benches/peers/policy.json.
CUSTODIAN_COMPLIANT = Work({"DescribeInstances": 1}, cpu_ms=35, log_bytes=7300)
CUSTODIAN_VIOLATION = Work(
    {"DescribeInstances": 1, "PutObject": 4, "Publish": 1, "PutMetricData": 2, "ListAccountAliases": 1},
    cpu_ms=360,
    log_bytes=19_000,
)
# By policy: ResourceCount and ApiCalls for events, and also ResourceTime and ActionTime for sweeps.
CUSTODIAN_METRICS = 2 + 4


@dataclass(frozen=True)
class Assumptions:
    """Assumptions, by month and instance unless they say otherwise."""

    state_changes: float = 60
    tag_changes: float = 4
    # launches among the state changes
    launches: float = 1
    violations: float = 0.10  # share of the events, and of the fleet
    late_tags: float = 0.25  # share of the launches that get their tags late, but in time
    sweeps: int = 30  # in all
    mails: int = 1  # email subscribers to the alerts
    memory_mb: int = 256
    platform_log_bytes: float = 380  # Lambda's own log lines of an invocation at INFO
    pollers: int = 5  # of Lambda, for each queue
    poll_seconds: float = 20
    record_bytes: float = 700  # an audit record
    item_bytes: float = 600  # an item of the table
    sweep_state_kb: float = 50  # what a sweep leaves to its next invocation
    sweep_cpu_ms: float = 0.04  # of each instance in a sweep
    ec2_ms: float = 100  # until EC2 answers
    other_ms: float = 40  # until another service answers
    pager_transitions: int = 6  # of the state machine, for an event to PagerDuty or JSM
    slack_transitions: int = 7  # and for a notification to Slack, in a thread
    slack_start_transitions: int = 8  # or at the start of one
    custodian_memory_mb: int = 512  # its default
    custodian_sweep_cpu_ms: float = 1.9


MEANINGS = {
    "state_changes": "state changes of an instance",
    "tag_changes": "changes of an instance's tags",
    "launches": "launches, counted among the state changes",
    "violations": "share of events and of instances that are not compliant",
    "late_tags": "share of launches whose tags come late, but in time",
    "sweeps": "sweeps",
    "mails": "email subscribers; messages to SQS or Lambda are free",
    "memory_mb": "memory of the function, MB",
    "platform_log_bytes": "Lambda's own log lines at `INFO`, bytes an invocation",
    "pollers": "Lambda's pollers of each queue",
    "poll_seconds": "how long an empty receive waits, seconds",
    "record_bytes": "an audit record, bytes; kept for 30 days",
    "item_bytes": "what the table holds of an open violation, bytes",
    "sweep_state_kb": "what a sweep leaves to its next invocation, KB",
    "sweep_cpu_ms": "CPU time of an instance in a sweep, ms",
    "ec2_ms": "until EC2 answers, ms",
    "other_ms": "until another service answers, ms",
    "pager_transitions": "state transitions of an event to PagerDuty or Jira Service Management",
    "slack_transitions": "state transitions of a notification to Slack in a thread",
    "slack_start_transitions": "state transitions of one that starts a thread",
    "custodian_memory_mb": "memory of Cloud Custodian's function, MB (its default)",
    "custodian_sweep_cpu_ms": "CPU time of an instance in a sweep by Cloud Custodian, ms",
}


def share(memory_mb: int) -> float:
    """The share of a vCPU that Lambda gives at this memory."""
    return min(1.0, memory_mb / VCPU_MB)


def held_items(instances: int, given: Assumptions) -> float:
    """How many items the table holds: open violations, and recently closed ones."""
    return (instances + instances * (given.launches + given.tag_changes) * KEPT_DAYS / 30) * given.violations


def sweep_calls(instances: int, items: float) -> dict[str, int]:
    """The calls of a sweep that depend on the fleet: one page, or the first page, a probe, and sixteen partitions by pages;
    and the table's partitions by pages, the last of which is not full. Events have reported everything, so it writes nothing else.
    """
    queries = PARTITIONS * (int(items / PARTITIONS / ITEMS_OF_A_QUERY) + 1)
    if instances <= 1000:
        return {"DescribeInstances": 1, "PutObject": 1, "Query": queries}
    pages = PARTITIONS * math.ceil(instances / PARTITIONS / 1000)
    return {"DescribeInstances": 2 + pages, "PutObject": pages, "Query": queries}


def sweeps(instances: int, settings: Settings, given: Assumptions, architecture: Architecture) -> Units:
    """The usage of the sweeps; each takes its CPU time, or the time that its requests need at 50, then 10 per second."""
    items = held_items(instances, given)
    calls = sweep_calls(instances, items)
    cpu_seconds = instances * given.sweep_cpu_ms / 1e3 / share(given.memory_mb)
    wait_seconds = math.ceil(calls["DescribeInstances"] / SIDE_BY_SIDE) * given.ec2_ms / 1e3
    side_by_side = QUERIED_SIDE_BY_SIDE if calls["DescribeInstances"] == 1 else SIDE_BY_SIDE
    wait_seconds += math.ceil(calls["Query"] / side_by_side) * given.other_ms / 1e3
    seconds = max(cpu_seconds + wait_seconds, (calls["DescribeInstances"] - 50) / 10)
    # An invocation of 60 s sends requests for 55% of its time.
    parts = math.ceil(seconds / 33)
    units: Units = Counter()
    units["schedules"] = 1
    units["lambda_requests"] = parts
    units[f"lambda_{architecture}"] = seconds * given.memory_mb / 1024
    units["put_metric_data"] = units["sns_requests"] = 1
    units["sns_mails"] = given.mails
    units["s3_puts"] = calls["PutObject"]
    # Sent, received and deleted.
    units["sqs_requests"] = 3 * (parts - 1)
    # Each invocation reads and claims the lease; then come the digest's pace, the end of the lease, and the policy.
    state_kb = given.sweep_state_kb if parts > 1 else 1
    units["table_writes"] = (2 * parts - 1) * state_kb + 2
    # A read unit is 4 KB; the scan for overdue items takes one if there are none.
    units["table_reads"] = parts * (math.ceil(state_kb / 4) + POLICY_KEY) + 1
    # A query reads its whole partition, whatever it returns; the next invocation reads unfinished ones again.
    queried = PARTITIONS + SIDE_BY_SIDE * (parts - 1)
    units["table_reads"] += queried * max(1, math.ceil(items * given.item_bytes / PARTITIONS / READ_UNIT))
    units["s3_gb"] = instances * given.record_bytes / GB
    units["logs_gb"] = parts * (platform_log_bytes(settings, given) + 1000) / GB
    units["events_published"] = SWEEP_EVENTS * settings.violation_events_enabled
    return Counter({name: given.sweeps * number for name, number in units.items()})


def platform_log_bytes(settings: Settings, given: Assumptions) -> float:
    """Bytes that Lambda logs of an invocation that succeeds."""
    return given.platform_log_bytes if settings.system_log_level == "INFO" else 0


def average_batch(events: float, window_seconds: float, given: Assumptions) -> float:
    """How many events a batch holds if they come evenly, which is the worst case: bursts fill batches."""
    a_second = events / (MINUTES * 60)
    return min(200.0, max(1.0, a_second * window_seconds / given.pollers))


def received(messages: float, batch: float, given: Assumptions) -> float:
    """Requests to receive and delete this many messages, including empty polls."""
    requests = messages / min(batch, 10.0)
    return max(MINUTES * 60 / given.poll_seconds * given.pollers, requests) + requests


def openings_and_messages(instances: int, given: Assumptions) -> tuple[float, float]:
    """A violation opens with a launch or a tag change, is alerted once and again each week, and is closed in the end."""
    openings = instances * (given.launches + given.tag_changes) * given.violations
    return openings, openings + instances * given.violations * MINUTES / 60 / REPEAT_HOURS


def month(instances: int, settings: Settings, given: Assumptions, architecture: Architecture = "arm64") -> Units:
    """The usage of everything that has a price in a month."""
    events = instances * (given.state_changes + given.tag_changes)
    # A launch without tags gets two looks; if the tags came late, the second finds it compliant.
    provisional = instances * given.launches * min(1.0, given.late_tags + given.violations)
    is_queued = settings.event_delivery == "queue"
    batch = average_batch(events, settings.event_queue_window_seconds, given) if is_queued else 1.0
    first = events / batch
    openings, told = openings_and_messages(instances, given)
    # Events report everything, so MissedByEvents has no data, and no price.
    used: Units = Counter(metrics=2 + metric_hours(given.sweeps), alarms=ALARMS)
    # In the worst case, delayed messages and wakes of the teller come one by one.
    used["lambda_requests"] = first + provisional + told + openings
    # Immediate evaluations count by the batch, delayed ones one by one.
    counts = (events - provisional) / batch + provisional
    has_calls = settings.metrics == "api"
    used["put_metric_data"] = counts if has_calls else 0
    used["table_reads"] = events + provisional + told + openings
    used["table_reads"] += (first + provisional + told + openings) * POLICY_KEY
    teller = TELLERS[settings.violation_events_enabled]
    wakes = ((openings, teller.telling), (told - openings, teller.repeating), (openings, teller.settling))
    # Opened or due again, and closed; then what the teller writes, the last of which ends that it is due.
    used["table_writes"] = (told + openings) * (1 + INDEX)
    used["table_writes"] += sum(times * (work.calls["UpdateItem"] + INDEX) for times, work in wakes)
    used["table_gb"] = held_items(instances, given) * given.item_bytes / GB
    used["sns_requests"] = told
    used["sns_mails"] = told * given.mails
    shares_objects = is_queued and settings.audit_records == "batch"
    used["s3_puts"] = (first if shares_objects else events) + provisional
    used["s3_gb"] = (events + provisional) * given.record_bytes / GB
    used["sqs_requests"] = provisional + received(provisional, 1.0, given)
    if is_queued:
        # EventBridge sends each event.
        used["sqs_requests"] += events + received(events, batch, given)
    looks = (
        (events - openings, COMPLIANT),
        (openings, OPENING),
        (provisional, PROVISIONAL),
        *wakes,
    )
    cpu_ms = sum(times * work.cpu_ms for times, work in looks) / share(given.memory_mb)
    # An invocation waits for its lookup, then for its parallel deliveries, then for its count. The teller's calls count as
    # sequential, also those to topic and bus; the stream's window is longer than its wait for EC2 to become consistent.
    wait_ms = (first + provisional) * (given.ec2_ms + (1 + has_calls) * given.other_ms)
    for times, work in wakes:
        wait_ms += times * (given.ec2_ms + (sum(work.calls.values()) - 1) * given.other_ms)
    used[f"lambda_{architecture}"] = (cpu_ms + wait_ms) / 1e3 * given.memory_mb / 1024
    log_bytes = sum(times * work.log_bytes for times, work in looks)
    log_bytes += first * (BATCH_LINE if is_queued else EVENT_LINE) + (provisional + told + openings) * BATCH_LINE
    log_bytes += 0 if has_calls else counts * COUNT_LINE
    used["logs_gb"] = (log_bytes + used["lambda_requests"] * platform_log_bytes(settings, given)) / GB
    used["events_published"] = sum(times * work.events for times, work in wakes)
    used.update(sweeps(instances, settings, given, architecture))
    return used


def channel_month(kind: Channel, instances: int, given: Assumptions) -> Units:
    """What a channel uses, beside what is published anyway. Webhooks and pagers take the events of openings and resolutions,
    the others the notifications of alerts and resolutions.
    """
    openings, told = openings_and_messages(instances, given)
    events, notifications = 2 * openings, told + openings
    match kind:
        case "webhook":
            return Counter(api_destinations=events)
        case "teams":
            return Counter(api_destinations=notifications)
        case "pager":
            # The item, before and after.
            return Counter(transitions=events * given.pager_transitions, table_reads=2 * events)
        case "slack":
            # The pace, the claim and the message, and the thread's item; the first message writes that.
            writes = 3 * notifications + openings
            transitions = openings * given.slack_start_transitions + (notifications - openings) * given.slack_transitions
            return Counter(transitions=transitions, table_writes=writes, table_reads=notifications)


def metric_hours(hours: float) -> float:
    """The price units of a metric with data in this many hours of a month: custom metrics are prorated by the hour."""
    return min(1.0, hours / (MINUTES / 60))


def bill(used: Units, *, free_tier: bool = False) -> dict[str, float]:
    """The dollars of each line, by price name."""
    return {name: PRICES[name].of(used[name], free_tier=free_tier) for name in PRICES if used.get(name)}


def config_month(instances: int, given: Assumptions) -> Units:
    """AWS Config with the rule required-tags: an item and an evaluation for each change, only of instances."""
    changes = instances * (given.state_changes + given.tag_changes)
    return Counter(config_items=changes, config_evaluations=changes)


def custodian_month(instances: int, given: Assumptions) -> Units:
    """Cloud Custodian's function for each change, and a daily one for the whole fleet."""
    events = instances * (given.state_changes + given.tag_changes)
    violations = events * given.violations
    looks = ((events - violations, CUSTODIAN_COMPLIANT), (violations, CUSTODIAN_VIOLATION))
    used: Units = Counter(metrics=CUSTODIAN_METRICS)
    used["lambda_requests"] = events + given.sweeps
    used["sns_mails"] = violations * given.mails
    milliseconds = given.sweeps * instances * given.custodian_sweep_cpu_ms / share(given.custodian_memory_mb)
    log_bytes = events * given.platform_log_bytes
    for times, work in looks:
        used["put_metric_data"] += times * work.calls.get("PutMetricData", 0)
        used["s3_puts"] += times * work.calls.get("PutObject", 0)
        used["sns_requests"] += times * work.calls.get("Publish", 0)
        # One call after the other.
        wait_ms = given.ec2_ms + (sum(work.calls.values()) - 1) * given.other_ms
        milliseconds += times * (wait_ms + work.cpu_ms / share(given.custodian_memory_mb))
        log_bytes += times * work.log_bytes
    used["lambda_arm64"] = milliseconds / 1e3 * given.custodian_memory_mb / 1024
    used["logs_gb"] = log_bytes / GB
    return used


# The tables


def dollars(amount: float) -> str:
    """Dollars and cents; less than a cent is not zero."""
    return "<0.01" if 0 < amount < 0.005 else f"{amount:,.2f}"


def units(amount: float) -> str:
    """An amount with three significant digits."""
    if amount >= 100:
        return f"{amount:,.0f}"
    return f"{amount:.3g}"


def _table(head: list[str], rows: list[list[str]]) -> str:
    lines = [f"| {' | '.join(cells)} |" for cells in (head, *rows)]
    return "\n".join([lines[0], "|" + "---|" * len(head), *lines[1:]])


def assumption_table(given: Assumptions) -> str:
    """The table of the inputs."""
    rows = [[f"`{name.name}`", MEANINGS[name.name], f"{getattr(given, name.name):g}"] for name in fields(given)]
    return _table(["input", "meaning", "value"], rows)


def price_table() -> str:
    """The table of prices."""
    rows = []
    for price in PRICES.values():
        tiers, begin = [], 0.0
        for size, each in price.tiers:
            tiers.append(f"${each:.10f}".rstrip("0") + (f" from {begin:,.0f}" if begin else ""))
            begin += size
        free = f"{price.free:,.0f}" if price.free else ""
        rows.append([price.what, price.unit, ", ".join(tiers), free, f"<{price.source}>", price.compared])
    return _table(["what", "unit", "dollars each", "free a month", "page", "compared"], rows)


def month_table(instances: int, given: Assumptions) -> str:
    """The table of a fleet's month, line by line."""
    used = {way: month(instances, WAYS[way], given) for way in columns(instances)}
    bills = {way: bill(used[way]) for way in used}
    names = [name for name in PRICES if any(name in lines for lines in bills.values())]
    rows = [
        [
            PRICES[name].what,
            PRICES[name].unit,
            *(cell for way in used for cell in (units(used[way][name]), dollars(bills[way].get(name, 0.0)))),
        ]
        for name in names
    ]

    def total(title: str, value: Callable[[str], float]) -> list[str]:
        return [title, "", *(cell for way in used for cell in ("", f"**{dollars(value(way))}**"))]

    rows.append(total("**together**", lambda way: sum(bills[way].values())))
    rows.append(total("with the account's free tier", lambda way: sum(bill(used[way], free_tier=True).values())))
    rows.append(
        total("on x86_64, without it", lambda way: sum(bill(month(instances, WAYS[way], given, "x86_64")).values()))
    )
    return _table(["what", "unit", *(cell for way in used for cell in (f"`{way}`", "dollars"))], rows)


def columns(instances: int) -> list[str]:
    """The ways to compare for a fleet: the deliveries, and the settings that the docs name for it."""
    return list(dict.fromkeys(("direct", "queue", NAMED[instances])))


def way_table() -> str:
    """The table of the ways by their settings."""
    return _table(["name", "settings"], [[f"`{name}`", way.shown()] for name, way in WAYS.items()])


def channel_table(given: Assumptions) -> str:
    """The table of what each channel adds."""
    kinds: dict[str, Channel] = {
        "webhook": "webhook",
        "Teams": "teams",
        "Slack": "slack",
        "PagerDuty, Jira Service Management": "pager",
    }
    rows = [
        [name, *(dollars(sum(bill(channel_month(kind, instances, given)).values())) for instances in FLEETS)]
        for name, kind in kinds.items()
    ]
    return _table(["dollars a month, for each channel", *(f"{instances:,} instances" for instances in FLEETS)], rows)


def largest(instances: int, settings: Settings, given: Assumptions) -> list[tuple[str, float]]:
    """The three lines that cost the most."""
    lines = bill(month(instances, settings, given))
    return sorted(lines.items(), key=lambda line: -line[1])[:3]


def largest_table(given: Assumptions) -> str:
    """The table of the largest costs."""
    rows = []
    for instances in FLEETS:
        for way in columns(instances):
            total = sum(bill(month(instances, WAYS[way], given)).values())
            top = [f"{PRICES[name].what} {amount / total:.0%}" for name, amount in largest(instances, WAYS[way], given)]
            rows.append([f"{instances:,}", f"`{way}`", *top])
    return _table(["instances", "settings", "first", "second", "third"], rows)


def comparison_table(given: Assumptions) -> str:
    """The table that compares the peers."""
    ours: dict[str, Callable[[int], Units]] = {
        f"this, `{name}`": lambda instances, settings=settings: month(instances, settings, given)
        for name, settings in WAYS.items()
    }
    ways: dict[str, Callable[[int], Units]] = {
        **ours,
        "Cloud Custodian": lambda instances: custodian_month(instances, given),
        "AWS Config `required-tags`": lambda instances: config_month(instances, given),
    }
    rows = []
    for name, way in ways.items():
        for free_tier in (False, True):
            amounts = [dollars(sum(bill(way(instances), free_tier=free_tier).values())) for instances in FLEETS]
            rows.append([name, "yes" if free_tier else "no", *amounts])
    return _table(["dollars a month", "free tier", *(f"{instances:,} instances" for instances in FLEETS)], rows)


def sensitivity_table(given: Assumptions) -> str:
    """The table of other inputs, each fleet with the settings named for it."""
    cases = {
        "as above": given,
        "no email: alerts go to SQS, chat or a pager": replace(given, mails=0),
        "a tenth of the state and tag changes": replace(
            given, state_changes=given.state_changes / 10, tag_changes=given.tag_changes / 10, launches=given.launches / 10
        ),
        "every instance compliant": replace(given, violations=0.0, late_tags=0.0),
        "no sweeps": replace(given, sweeps=0),
        "a sweep an hour": replace(given, sweeps=720),
        "2 pollers instead of 5": replace(given, pollers=2),
    }

    def row(name: str, case: Assumptions, **changed: Any) -> list[str]:
        settings = {instances: replace(WAYS[NAMED[instances]], **changed) for instances in FLEETS}
        amounts = (sum(bill(month(instances, settings[instances], case)).values()) for instances in FLEETS)
        return [name, *map(dollars, amounts)]

    rows = [
        *(row(name, case) for name, case in cases.items()),
        row("`event_queue_window_seconds = 1`", given, event_queue_window_seconds=1),
        row('`system_log_level = "WARN"`', given, system_log_level="WARN"),
        row("`violation_events_enabled = false`", given, violation_events_enabled=False),
    ]
    heads = (f"{instances:,} instances, `{NAMED[instances]}`" for instances in FLEETS)
    return _table(["dollars a month, without the free tier", *heads], rows)


def sections() -> dict[str, str]:
    """The tables of docs/cost.md by their names."""
    given = Assumptions()
    return {
        "ways": way_table(),
        "comparison": comparison_table(given),
        **{f"month of {instances:,}": month_table(instances, given) for instances in FLEETS},
        "largest": largest_table(given),
        "sensitivity": sensitivity_table(given),
        "channels": channel_table(given),
        "assumptions": assumption_table(given),
        "prices": price_table(),
    }


def filled(document: str) -> str:
    """The document with these tables between their markers."""
    for name, table in sections().items():
        begin, end = f"<!-- table: {name} -->\n", f"<!-- end: {name} -->"
        head, found, rest = document.partition(begin)
        _, closed, tail = rest.partition(end)
        if not (found and closed):
            raise ValueError(f"{DOCUMENT.name}: expected {begin.strip()} and {end.strip()}")
        document = f"{head}{begin}\n{table}\n\n{end}{tail}"
    return document


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--write", action="store_true", help="write the tables to docs/cost.md")
    if parser.parse_args().write:
        DOCUMENT.write_text(filled(DOCUMENT.read_text(encoding="utf-8")), encoding="utf-8")
        return
    print(f"Prices as of {AS_OF}. A dashboard beyond an account's first three adds ${DASHBOARD:.2f}.")
    for name, table in sections().items():
        print(f"\n{name}\n\n{table}")


if __name__ == "__main__":
    main()

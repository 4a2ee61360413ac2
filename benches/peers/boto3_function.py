"""The same work as our function's, written with boto3: evaluate, record, remember, alert and count.

It makes the same calls, and leaves out what costs none: grace periods, baselines, exemptions, mutes, time budgets.
"""

import base64
import datetime
import hashlib
import json
import os
import time
from collections import Counter, defaultdict

import boto3
from botocore.exceptions import ClientError

RULES = {"Environment": ("dev", "staging", "prod"), "Owner": None, "Application": None}
POLICY_HASH = hashlib.sha256(json.dumps(RULES).encode()).hexdigest()
BUCKET = os.environ["LOG_BUCKET_NAME"]
OWNER = os.environ["LOG_BUCKET_OWNER"]
TOPIC = os.environ["ALERT_TOPIC_ARN"]
NAMESPACE = os.environ["METRIC_NAMESPACE"]
STATES = os.environ["WATCHED_STATES"].split(",")
ENDED = ("shutting-down", "terminated")
TABLE = os.environ["STATE_TABLE"]
DELAY_QUEUE = os.environ["DELAY_QUEUE_URL"]
REGION = os.environ["AWS_DEFAULT_REGION"]
# How long after the latest change the second look comes, and the pause between messages.
SETTLING_MS = 3_000
SPACING_MS = 200
OVERDUE_MS = 15 * 60_000
LEASE_MS = 60_000
# The maximum ids in a filter, and in an answer.
MAX_IDS = 200
# The maximum events in a call.
MAX_EVENTS = 10
# The delayed message for a second look at a sweep's findings.
SUSPECTS_DUE = {"source": "bench", "detail-type": "Suspects Due", "detail": {}}
# The attributes of an item that a sweep needs.
PROJECTED = ("sk", "st", "gen", "what", "read", "tgen")

ec2 = boto3.client("ec2")
s3 = boto3.client("s3")
sns = boto3.client("sns")
cloudwatch = boto3.client("cloudwatch")
event_bus = boto3.client("events")
dynamodb = boto3.client("dynamodb")


def now_ms() -> int:
    """The time in an item's format."""
    return time.time_ns() // 1_000_000


def evaluate(instance: dict) -> dict:
    """The audit record of an instance."""
    tags = {tag["Key"]: tag["Value"] for tag in instance.get("Tags", [])}
    missing = [key for key in RULES if key not in tags]
    invalid = [
        key
        for key, allowed in RULES.items()
        if key in tags and (not tags[key].strip() or (allowed and tags[key] not in allowed))
    ]
    return {
        "timestamp": datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="milliseconds"),
        "instanceId": instance["InstanceId"],
        "state": instance["State"]["Name"],
        "isCompliant": not missing and not invalid,
        "requiredTags": list(RULES),
        "policyHash": POLICY_HASH,
        "tags": tags,
        "missingTags": missing,
        "invalidTags": invalid,
    }


def look_up(instance_ids: list[str]) -> dict[str, dict]:
    """The audit records of the instances that EC2 knows, by their current tags."""
    found = {}
    for start in range(0, len(instance_ids), MAX_IDS):
        ids = {"Name": "instance-id", "Values": instance_ids[start : start + MAX_IDS]}
        answer = ec2.describe_instances(Filters=[ids])
        records = [evaluate(instance) for held in answer["Reservations"] for instance in held["Instances"]]
        found |= {record["instanceId"]: record for record in records}
    return found


def put_record(stem: str, suffix: str, body: str) -> str:
    """Adds an object to the audit log, a retry's in addition to the first; returns its key."""
    for key in (stem + suffix, f"{stem}-{now_ms()}{suffix}"):
        try:
            s3.put_object(Bucket=BUCKET, Key=key, Body=body, ExpectedBucketOwner=OWNER, IfNoneMatch="*")
            return key
        except ClientError as error:
            if error.response["Error"]["Code"] != "PreconditionFailed":
                raise
    raise RuntimeError(f"{key} is taken")


def put_metrics(**counts: int) -> None:
    """Sends the metrics."""
    data = [{"MetricName": name, "Value": value, "Unit": "Count"} for name, value in counts.items()]
    cloudwatch.put_metric_data(Namespace=NAMESPACE, MetricData=data)


def control_key(name: str) -> dict:
    """The key of a control item."""
    return {"pk": {"S": "ctl"}, "sk": {"S": name}}


def instance_key(instance_id: str) -> dict:
    """The key of an instance's item."""
    return {"pk": {"S": f"i#{OWNER}#{REGION}#{instance_id[-1]}"}, "sk": {"S": instance_id}}


def value(given: object) -> dict:
    """A value in DynamoDB's format."""
    return {"N": str(given)} if isinstance(given, int) else {"S": given}


def update(key: dict, condition: str, changes: dict, remove: tuple = (), **compared: object) -> bool:
    """Updates attributes of an item; returns whether the condition held."""
    expression = "SET " + ", ".join(f"#{name} = :{name}" for name in changes)
    if remove:
        expression += " REMOVE " + ", ".join(f"#{name}" for name in remove)
    names = {f"#{name}": name for name in (*changes, *remove)}
    try:
        dynamodb.update_item(
            TableName=TABLE,
            Key=key,
            UpdateExpression=expression,
            ConditionExpression=condition,
            ExpressionAttributeNames=names,
            ExpressionAttributeValues={f":{name}": value(given) for name, given in (changes | compared).items()},
        )
    except ClientError as error:
        if error.response["Error"]["Code"] != "ConditionalCheckFailedException":
            raise
        return False
    return True


def recall(instance_ids: list[str]) -> dict[str, dict]:
    """The items of instances; also stores a new policy."""
    keys = [control_key("policy"), *map(instance_key, instance_ids)]
    found = {}
    while keys:
        answer = dynamodb.batch_get_item(RequestItems={TABLE: {"Keys": keys[:100], "ConsistentRead": True}})
        found |= {item["sk"]["S"]: item for item in answer["Responses"][TABLE]}
        keys = answer["UnprocessedKeys"].get(TABLE, {}).get("Keys", []) + keys[100:]
    if found.pop("policy", {}).get("hash") != {"S": POLICY_HASH}:
        new = {"hash": POLICY_HASH, "since": now_ms()}
        update(control_key("policy"), "attribute_not_exists(#hash) OR #hash <> :hash", new)
    return found


def complaints(record: dict | None) -> str:
    """An instance's findings, in a few characters; nothing if it is gone."""
    if not record or record["state"] in ENDED:
        return ""
    named = [*(f"missing:{key}" for key in record["missingTags"]), *(f"invalid:{key}" for key in record["invalidTags"])]
    return "".join(sorted(base64.urlsafe_b64encode(hashlib.sha256(name.encode()).digest()).decode()[:6] for name in named))


def owner_of(record: dict) -> str:
    """Whom to alert about an instance."""
    return record["tags"].get("Owner", "").strip()[:64] or "-"


def state_of(item: dict | None) -> str:
    """The state of an item; a missing one counts as closed."""
    return item["st"]["S"] if item else "closed"


def decide(item: dict | None, what: str, source: str) -> str | None:
    """The new state of an item after a look, or none if they agree; what only a sweep has seen is suspect."""
    was = state_of(item)
    state = "closed" if not what else "suspect" if source == "sweep" and was != "open" else "open"
    return None if state == was and (state != "open" or item["what"]["S"] == what) else state


def remember(
    instance_id: str, item: dict | None, record: dict | None, asked_at: int, record_key: str, source: str
) -> str | None:
    """Updates an instance's item after a look if it differs; returns the new state."""
    what = complaints(record)
    state = decide(item, what, source)
    if not state:
        return None
    was, there = state_of(item), int(item["v"]["N"]) if item else 0
    # Whoever was told of a violation also hears of its end.
    owner = item["own"]["S"] if state == "closed" else owner_of(record)
    changes = {"v": there + 1, "st": state, "read": asked_at}
    # Nobody hears of the end of a violation that was never alerted.
    told = {} if (was, state) == ("suspect", "closed") else {"due": now_ms(), "grp": owner}
    changes |= told
    if state == "closed":
        why = "gone" if not record else "ended" if record["state"] in ENDED else "compliant"
        changes |= {"why": why, "ttl": asked_at // 1000 + 8 * 86400}
    else:
        changes |= {"what": what, "key": record_key, "own": owner, "pol": POLICY_HASH}
        changes |= {"gen": asked_at} if was == "closed" else {}
        changes |= {"miss": asked_at} if (was, source) == ("suspect", "teller") else {}
    key, unneeded = instance_key(instance_id), () if told else ("due", "grp")
    if there:
        is_done = update(key, "v = :there", changes, unneeded, there=there)
    else:
        is_done = update(key, "attribute_not_exists(pk)", changes)
    if not is_done:
        # The retry decides on the current item.
        raise RuntimeError(f"the item of {instance_id} has changed meanwhile")
    return state


def text(record: dict) -> str:
    """The alert."""
    lines = [
        "EC2 Instance Non-Compliant Alert",
        "",
        f"Instance ID: {record['instanceId']}",
        f"State: {record['state']}",
        "",
        f"Missing Tags: {', '.join(record['missingTags'])}",
        f"Invalid Tags: {', '.join(record['invalidTags'])}",
        "",
        "Current Tags:",
        *(f"  {key}: {value}" for key, value in record["tags"].items()),
    ]
    return "\n".join(lines)


def publish(subject: str, message: str) -> None:
    """Publishes a message, in the pace of all that publish."""
    now = now_ms()
    while not update(
        control_key("pace"), "attribute_not_exists(pk) OR #next <= :now", {"next": now + SPACING_MS}, now=now
    ):
        time.sleep(SPACING_MS / 1000)
        now = now_ms()
    sns.publish(TopicArn=TOPIC, Subject=subject, Message=message)


def put_events(*events: tuple[str, dict]) -> None:
    """Puts events on the account's bus, each with the name of what it is."""
    entries = [{"Source": "bench", "DetailType": kind, "Detail": json.dumps(detail)} for kind, detail in events]
    for start in range(0, len(entries), MAX_EVENTS):
        event_bus.put_events(Entries=entries[start : start + MAX_EVENTS])


def check(instance_id: str, event: dict) -> dict:
    """Evaluates one instance."""
    asked_at = now_ms()
    record = look_up([instance_id])[instance_id]
    items = recall([instance_id])
    moment = datetime.datetime.fromisoformat(event["time"].replace("Z", "+00:00"))
    millis = int(hashlib.sha256(event["id"].encode()).hexdigest(), 16) % 1000
    stem = f"scans/{moment:%Y-%m-%d}/{instance_id}-{int(moment.timestamp()) * 1000 + millis}"
    key = put_record(stem, ".json", json.dumps(record))
    has_changed = bool(remember(instance_id, items.get(instance_id), record, asked_at, key, "check"))
    put_metrics(CompliantInstances=int(record["isCompliant"]), NonCompliantInstances=int(not record["isCompliant"]))
    line = {"message": "checked", "instance_id": instance_id, "compliant": record["isCompliant"], "changed": has_changed}
    print(json.dumps(line))
    return {"statusCode": 200, "instanceId": instance_id, "isCompliant": record["isCompliant"]}


def is_due(item: dict) -> bool:
    """Whether an item is to be looked at once more: of a suspect, an event may still tell for a while."""
    wait = OVERDUE_MS if state_of(item) == "suspect" else 0
    return "due" in item and int(item["due"]["N"]) + wait <= now_ms()


def tell(instance_ids: list[str]) -> dict:
    """Looks once more at what is due, and tells its owners what they were not told."""
    due = {instance_id: item for instance_id, item in recall(instance_ids).items() if is_due(item)}
    if not due:
        return {"statusCode": 200, "told": 0}
    newest = max(int(item["due"]["N"]) for item in due.values())
    time.sleep(min(SETTLING_MS, max(0, newest + SETTLING_MS - now_ms())) / 1000)
    asked_at = now_ms()
    opened, resolved = defaultdict(list), defaultdict(list)
    records = look_up(list(due))
    missed = 0
    for instance_id, item in due.items():
        record = records.get(instance_id)
        if state := remember(instance_id, item, record, asked_at, item["key"]["S"], "teller"):
            missed += (state_of(item), state) == ("suspect", "open")
            continue
        is_known = (item.get("tgen"), item.get("twhat")) == (item["gen"], item["what"])
        if state_of(item) == "closed":
            resolved[item["grp"]["S"]].append(item)
        elif not is_known:
            opened[item["grp"]["S"]].append(record)
        else:
            settle(item, {})
    if missed:
        put_metrics(CompliantInstances=0, NonCompliantInstances=missed, MissedByEvents=missed)
    for owner in opened.keys() | resolved.keys():
        group = hashlib.sha256(owner.encode()).hexdigest()[:16]
        claim = {"again": asked_at, "ttl": asked_at // 1000 + 86400}
        if not update(control_key(f"group#{group}"), "attribute_not_exists(pk) OR #again <= :again", claim):
            raise RuntimeError(f"{owner} was told a moment ago")
        told = now_ms()
        if records := opened[owner]:
            one = records[0]["instanceId"] if len(records) == 1 else f"{len(records)} instances"
            message = "\n\n".join(map(text, records))
            publish(f"Not compliant: {one}", message)
            # For machines, and for people.
            put_events(*(("Opened", record) for record in records))
            put_events(("Notification", {"title": f"Not compliant: {one}", "text": message}))
            for item in (due[record["instanceId"]] for record in records):
                settle(item, {"tgen": int(item["gen"]["N"]), "twhat": item["what"]["S"], "tat": told})
        # Only machines hear of it.
        put_events(*(("Resolved", {"instanceId": item["sk"]["S"]}) for item in resolved[owner]))
        for item in resolved[owner]:
            settle(item, {"bat": told})
        print(json.dumps({"message": "told", "instances": len(records) + len(resolved[owner])}))
    return {"statusCode": 200, "told": sum(map(len, opened.values())) + sum(map(len, resolved.values()))}


def settle(item: dict, told: dict) -> None:
    """Stores what people were told of an item, which is due no more."""
    there = int(item["v"]["N"])
    update(instance_key(item["sk"]["S"]), "v = :v", {"v": there} | told, remove=("due", "grp"))


def known_since(swept: int | None) -> dict[str, dict]:
    """What the table has that is not closed, and what was closed since the sweep before, by instance."""
    wanted, values = "#st <> :closed", {":closed": value("closed")}
    if swept:
        wanted, values = f"{wanted} OR #read > :swept", values | {":swept": value(swept)}
    found = {}
    for digit in "0123456789abcdef":
        pages = dynamodb.get_paginator("query").paginate(
            TableName=TABLE,
            ConsistentRead=True,
            KeyConditionExpression="#pk = :pk",
            FilterExpression=wanted,
            ProjectionExpression=", ".join(f"#{name}" for name in PROJECTED),
            ExpressionAttributeNames={f"#{name}": name for name in ("pk", *PROJECTED)},
            ExpressionAttributeValues=values | {":pk": instance_key(digit)["pk"]},
            PaginationConfig={"PageSize": 250},
        )
        found |= {item["sk"]["S"]: item for page in pages for item in page["Items"]}
    return found


def reconcile(known: dict[str, dict], looks: dict[str, dict | None], asked_at: int, record_key: str) -> dict[str, str]:
    """Reads and writes the items that differ from what was seen; their new states."""
    differing = [each for each, record in looks.items() if decide(known.get(each), complaints(record), "sweep")]
    items = recall(differing) if differing else {}
    states = {
        each: remember(each, items.get(each), looks[each], asked_at, record_key, "sweep") for each in differing
    }
    return {each: state for each, state in states.items() if state}


def sweep() -> dict:
    """Evaluates all instances, a page at a time, and brings the table in line with them; one sweep at a time."""
    moment = datetime.datetime.now(datetime.timezone.utc)
    recall([])
    lease = dynamodb.get_item(TableName=TABLE, Key=control_key("sweep"), ConsistentRead=True).get("Item", {})
    now = now_ms()
    if lease and int(lease["until"]["N"]) > now:
        return {"statusCode": 409, "reason": "another sweep is under way"}
    condition = "attribute_not_exists(pk) OR #until <= :now"
    if not update(control_key("sweep"), condition, {"id": moment.isoformat(), "until": now + LEASE_MS}, now=now):
        return {"statusCode": 409, "reason": "another sweep is under way"}
    swept = int(lease["swept"]["N"]) if "swept" in lease else None
    known = known_since(swept)
    unseen = {instance_id for instance_id, item in known.items() if state_of(item) != "closed"}
    changed = {}
    compliant = violations = 0
    asked_at = now_ms()
    pages = ec2.get_paginator("describe_instances").paginate(
        Filters=[{"Name": "instance-state-name", "Values": STATES}], PaginationConfig={"PageSize": 1000}
    )
    for number, page in enumerate(pages):
        records = [evaluate(instance) for held in page["Reservations"] for instance in held["Instances"]]
        good = sum(record["isCompliant"] for record in records)
        compliant += good
        violations += len(records) - good
        stem = f"scans/{moment:%Y-%m-%d}/fleet-{int(moment.timestamp() * 1000)}-{number}"
        key = put_record(stem, ".jsonl", "".join(json.dumps(record) + "\n" for record in records))
        looks = {record["instanceId"]: record for record in records}
        unseen -= looks.keys()
        changed |= reconcile(known, looks, asked_at, key)
        asked_at = now_ms()
    # Whatever its state is, or where it is gone, the pages did not show it.
    found = look_up(sorted(unseen))
    changed |= reconcile(known, {each: found.get(each) for each in unseen}, asked_at, "")
    states = {each: state_of(item) for each, item in known.items()} | changed
    if "suspect" in states.values():
        # Made here, so that no event waits for a client that it does not need.
        sqs = boto3.client("sqs")
        sqs.send_message(QueueUrl=DELAY_QUEUE, MessageBody=json.dumps(SUSPECTS_DUE), DelaySeconds=OVERDUE_MS // 1000)
    is_open = Counter(states.values())["open"]
    events = [("SweepCompleted", {"compliant": compliant, "nonCompliant": violations})]
    if violations:
        message = digest(violations, is_open, known, swept or now)
        events.append(("Notification", {"text": message}))
        publish("EC2 tag compliance", message)
    put_events(*events)
    repaired = sum(state == "closed" and each not in unseen for each, state in changed.items())
    counts = {"CompliantInstances": repaired, "NonCompliantInstances": 0} if repaired else {}
    put_metrics(OpenViolations=is_open, **counts)
    ended = now_ms()
    update(control_key("sweep"), "#id = :id", {"id": moment.isoformat(), "until": ended, "swept": ended})
    tell_overdue()
    return {"statusCode": 200, "checked": compliant + violations, "nonCompliant": violations}


def digest(violations: int, is_open: int, known: dict[str, dict], since: int) -> str:
    """What a sweep has seen, and what has come and gone since the one before."""
    new = sum(state_of(item) == "open" and int(item["gen"]["N"]) > since for item in known.values())
    resolved = sum(state_of(item) == "closed" and "tgen" in item for item in known.values())
    return f"{violations} instances are not compliant.\n\nOpen: {is_open}\nNew: {new}\nResolved: {resolved}"


def tell_overdue() -> None:
    """Tells what has been due for so long that its wake was lost."""
    pages = dynamodb.get_paginator("scan").paginate(
        TableName=TABLE,
        IndexName="due",
        FilterExpression="#due < :before",
        ExpressionAttributeNames={"#due": "due"},
        ExpressionAttributeValues={":before": value(now_ms() - OVERDUE_MS)},
    )
    if overdue := [item["sk"]["S"] for page in pages for item in page["Items"]]:
        tell(overdue)


def handler(event: dict, _context: object) -> dict:
    """Lambda's entry point."""
    records = event.get("Records")
    if records and "body" in records[0]:
        tell_overdue()
        return {"batchItemFailures": []}
    if records:
        return tell([record["dynamodb"]["Keys"]["sk"]["S"] for record in records])
    instance_id = event.get("detail", {}).get("instance-id")
    return check(instance_id, event) if instance_id else sweep()

"""The version before, deployed and at work, with this one applied over it in the stand-in that AWS_ENDPOINT_URL names:
some four minutes, and the build of a function that is not built yet.

Not found by `discover` as it is; add `-p 'long_*.py'`. LAMBDA_ZIP names the zip of this version's function
(target/lambda/quick/bootstrap-<architecture>.zip). The version before comes from the history.
"""

from __future__ import annotations

import io
import json
import os
import re
import shutil
import subprocess
import tarfile
import tempfile
import threading
import time
import unittest
import urllib.request
from collections import Counter
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any, ClassVar, TypeVar

from .long_healing import Environment, client
from .slow_terraform import ARCHITECTURE, changes, zip_path
from .support import ROOT, copy_of_terraform, init, terraform_ok

# The parent of the commit that made the state table: its function remembers nothing, alerts at each check, and carries
# what a sweep has found along in its messages.
BEFORE = "d6578890c397b6b1b61c641b4fa7e5e7a5a8b3d9"
COMPLETE = {"Environment": "dev", "Owner": "tests", "Application": "tag-compliance"}
SETTLE_SECONDS = 20
# More than a page of EC2's answer, or a sweep could not be interrupted.
FLEET = 1200
PATIENCE = 180.0
# A second look and the message after it, with room to spare.
TELLING = 12
DIGEST = "EC2 Tag Compliance Sweep\n"

T = TypeVar("T")


def eventually(what: str, probe: Callable[[], T]) -> T:
    """The first truthy answer."""
    deadline = time.monotonic() + PATIENCE
    while not (answer := probe()):
        if time.monotonic() > deadline:
            raise AssertionError(f"{what}: not within {PATIENCE:.0f} s; last answer {answer!r}")
        time.sleep(0.2)
    return answer


def extract(repository: Path, commit: str, directory: Path) -> None:
    """Writes a commit's files into a folder."""
    archive = subprocess.run(["git", "-C", str(repository), "archive", commit], capture_output=True, check=False)
    if archive.returncode:
        said = archive.stderr.decode(errors="replace").strip()
        raise AssertionError(
            f"the version before, {commit}, is not in this clone's history ({said}): run git fetch --unshallow"
        )
    shutil.rmtree(directory, ignore_errors=True)
    with tarfile.open(fileobj=io.BytesIO(archive.stdout)) as files:
        files.extractall(directory, filter="data")


def built(source: Path) -> Path:
    """The zip of the function in `source`, for this machine."""
    ours = Path(os.environ.get("CARGO_TARGET_DIR") or ROOT / "target").resolve()
    # What it depends on is built already; only what has the same name as ours gets a folder of its own.
    directories = {"CARGO_BUILD_BUILD_DIR": str(ours), "CARGO_TARGET_DIR": str(source.parent / "target")}
    build = subprocess.run(
        [str(source / "scripts" / "build.sh")], env={**os.environ, **directories}, capture_output=True, text=True, check=False
    )
    if build.returncode:
        raise AssertionError(f"the version before does not build: {build.stderr[-3000:]}")
    return Path(build.stdout.splitlines()[-1])


def launch(count: int, tags: dict[str, str]) -> list[str]:
    named = {"TagSpecifications": [{"ResourceType": "instance", "Tags": tag_list(tags)}]} if tags else {}
    launched = client("ec2").run_instances(
        ImageId="ami-0123456789abcdef0", InstanceType="t3.nano", MinCount=count, MaxCount=count, **named
    )
    return [instance["InstanceId"] for instance in launched["Instances"]]


def tag_list(tags: dict[str, str]) -> list[dict[str, str]]:
    return [{"Key": key, "Value": value} for key, value in tags.items()]


def touch(*instances: str) -> None:
    """A change of tags that repairs nothing."""
    client("ec2").create_tags(Resources=list(instances), Tags=tag_list({"Touched": f"{time.time()}"}))


def make_older(instances: list[str]) -> None:
    body = json.dumps({"instances": instances, "seconds": 3600}).encode()
    request = urllib.request.Request(f"{os.environ['AWS_ENDPOINT_URL']}/_standin/instances", body, method="PUT")
    urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request).close()


class Upgraded(Environment):
    """An environment that the version before has made, and what people get of it."""

    def __init__(self, before: Path, directory: Path, zip_before: Path, delivery: str) -> None:
        super().__init__(before, delivery)
        self.delivery = delivery
        self._after = directory
        self.variables |= {"lambda_zip_path": str(zip_before), "settle_seconds": str(SETTLE_SECONDS)}
        self.mails: list[str] = []
        # How many of them came before the upgrade.
        self.before = 0
        self.plan_over: dict[str, Any] = {}
        self.continuation: dict[str, Any] = {}
        self.new_function_at = 0.0

    def output(self, name: str) -> str:
        outputs = json.loads(terraform_ok(self.directory, "output", "-json"))
        value: str = outputs[name]["value"]
        return value

    def name(self, what: str) -> str:
        return f"tag-compliance-{what}-{self.suffix}"

    def subscribe(self) -> None:
        """A queue of ours gets what the topic publishes."""
        sqs = client("sqs")
        self.mailbox = sqs.create_queue(QueueName=f"upgrade-mails-{self.suffix}")["QueueUrl"]
        attributes = sqs.get_queue_attributes(QueueUrl=self.mailbox, AttributeNames=["QueueArn"])["Attributes"]
        topic, queue = self.output("alert_topic_arn"), attributes["QueueArn"]
        statement = {
            "Effect": "Allow",
            "Principal": {"Service": "sns.amazonaws.com"},
            "Action": "sqs:SendMessage",
            "Resource": queue,
            "Condition": {"ArnEquals": {"aws:SourceArn": topic}},
        }
        policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
        sqs.set_queue_attributes(QueueUrl=self.mailbox, Attributes={"Policy": policy})
        subscribed = client("sns").subscribe(
            TopicArn=topic, Protocol="sqs", Endpoint=queue, ReturnSubscriptionArn=True
        )
        self.subscription = subscribed["SubscriptionArn"]

    def unsubscribe(self) -> None:
        client("sns").unsubscribe(SubscriptionArn=self.subscription)
        client("sqs").delete_queue(QueueUrl=self.mailbox)

    def read_mails(self) -> list[str]:
        """All that have arrived."""
        sqs = client("sqs")
        while messages := sqs.receive_message(QueueUrl=self.mailbox, MaxNumberOfMessages=10).get("Messages"):
            for message in messages:
                self.mails.append(json.loads(message["Body"])["Message"])
                sqs.delete_message(QueueUrl=self.mailbox, ReceiptHandle=message["ReceiptHandle"])
        return self.mails

    def alerts(self, mails: list[str] | None = None) -> Counter[str]:
        """How many mails told of an instance, but for the digests."""
        told = [set(re.findall(r"\bi-[0-9a-f]{17}\b", mail)) for mail in mails or self.mails if not mail.startswith(DIGEST)]
        return Counter(instance_id for ids in told for instance_id in ids)

    def are_alerted(self, instances: list[str]) -> bool:
        self.read_mails()
        return set(instances) <= set(self.alerts())

    def keys_of(self, instance_id: str) -> list[str]:
        pages = client("s3").get_paginator("list_objects_v2").paginate(Bucket=f"compliance-logs-{self.suffix}")
        keys = [item["Key"] for page in pages for item in page.get("Contents", [])]
        return [key for key in keys if f"/{instance_id}-" in key]

    def hold_delayed_messages(self) -> str:
        """Leaves what is in the delay queue to the next version; the queue's URL."""
        mappings = client("lambda").list_event_source_mappings(FunctionName=self.name("checker"))["EventSourceMappings"]
        [mapping] = [it["UUID"] for it in mappings if it["EventSourceArn"].endswith(f":{self.name('delay')}")]
        client("lambda").update_event_source_mapping(UUID=mapping, Enabled=False)
        eventually("the delay queue's mapping is off", lambda: self._mapping_state(mapping) == "Disabled")
        url: str = client("sqs").get_queue_url(QueueName=self.name("delay"))["QueueUrl"]
        return url

    @staticmethod
    def _mapping_state(mapping: str) -> str:
        state: str = client("lambda").get_event_source_mapping(UUID=mapping)["State"]
        return state

    def begin_sweep(self) -> dict[str, Any]:
        """A sweep by the version before that has no time for all of the fleet; its answer."""
        lambda_ = client("lambda")
        event = {"id": f"sweep-{self.suffix}", "source": "aws.events", "detail-type": "Scheduled Event", "detail": {}}
        answers = []
        for seconds in (3, 2, 1):
            lambda_.update_function_configuration(FunctionName=self.name("checker"), Timeout=seconds)
            answer = lambda_.invoke(FunctionName=self.name("checker"), Payload=json.dumps(event).encode())
            answers.append(json.loads(answer["Payload"].read()))
            if answers[-1].get("status") == "sweeping":
                found: dict[str, Any] = answers[-1]
                return found
        raise AssertionError(f"no sweep was left unfinished: {answers}")

    def waiting(self, url: str) -> int:
        names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesDelayed"]
        attributes = client("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=names)["Attributes"]
        return sum(int(attributes[name]) for name in names)

    def peek(self, url: str) -> dict[str, Any]:
        """The message in the delay queue that is due at once, which stays there."""
        [message] = client("sqs").receive_message(QueueUrl=url, MaxNumberOfMessages=10, VisibilityTimeout=0)["Messages"]
        body: dict[str, Any] = json.loads(message["Body"])
        return body

    def take_new_code(self) -> None:
        """This version's configuration, over the same state."""
        (self._after / "terraform.tfstate").write_text(terraform_ok(self.directory, "state", "pull"), encoding="utf-8")
        self.directory = self._after
        self.variables |= {
            "lambda_zip_path": str(zip_path()),
            # So that each alert is a mail of its own, and a flood is seen.
            "alert_group_interval_seconds": "0",
            "alert_group_wait_seconds": "1",
        }
        init(self.directory)

    def upgrade(self, touched: str) -> None:
        """Applies, and has an event come as soon as the function is the new one: before the messages that wait."""
        before, applied = self.code(), threading.Event()

        def touch_at_once() -> None:
            while self.code() == before:
                if applied.wait(0.1):
                    return
            touch(touched)
            self.new_function_at = time.monotonic()

        touching = threading.Thread(target=touch_at_once)
        touching.start()
        try:
            self.apply()
        finally:
            applied.set()
            touching.join()

    def code(self) -> str:
        sha: str = client("lambda").get_function_configuration(FunctionName=self.name("checker"))["CodeSha256"]
        return sha

    def items(self) -> dict[str, dict[str, Any]]:
        """What the state table holds, by the sort key."""
        pages = client("dynamodb").get_paginator("scan").paginate(TableName=self.name("state"), ConsistentRead=True)
        return {item["sk"]["S"]: item for page in pages for item in page["Items"]}

    def is_told(self, instance_id: str) -> bool:
        """Whether it is open, and people know all of it."""
        item = self.items().get(instance_id, {})
        is_known = all(item.get(known) == item.get(now) for known, now in (("tgen", "gen"), ("twhat", "what")))
        return item.get("st") == {"S": "open"} and is_known and "due" not in item

    def is_swept(self) -> bool:
        """Whether the first sweep has ended, and with it the baseline."""
        items = self.items()
        return "policy" in items and "base" not in items["policy"] and "state" not in items.get("sweep", {"state": {}})


class HistoryTest(unittest.TestCase):
    def test_a_shallow_clone_says_how_to_get_the_version_before(self) -> None:
        with tempfile.TemporaryDirectory() as directory:
            clone = Path(directory, "clone")
            shallow = ["git", "clone", "--quiet", "--depth", "1", "--no-checkout", ROOT.as_uri(), str(clone)]
            subprocess.run(shallow, check=True, capture_output=True)
            with self.assertRaisesRegex(AssertionError, f"{BEFORE}.*: run git fetch --unshallow$"):
                extract(clone, BEFORE, Path(directory, "source"))


class UpgradeTest(unittest.TestCase):
    """Two environments, one of each delivery, take each step together; the tests hold what came of it."""

    maxDiff = None
    environments: ClassVar[list[Upgraded]]

    @classmethod
    def setUpClass(cls) -> None:
        source = ROOT / "target" / "before" / "source"
        extract(ROOT, BEFORE, source)
        zip_before = built(source)
        cls.pool = ThreadPoolExecutor()
        cls.addClassCleanup(cls.pool.shutdown)
        # Nobody watches yet: of these, no version gets an event.
        cls.unseen = launch(20, {})
        cls.fleet = launch(FLEET, COMPLETE)
        cls.launched = [*cls.unseen, *cls.fleet]
        cls.addClassCleanup(lambda: client("ec2").terminate_instances(InstanceIds=cls.launched))
        cls.environments = [
            Upgraded(cls.copy_of(source), copy_of_terraform(cls), zip_before, delivery) for delivery in ("direct", "queue")
        ]
        cls.each(lambda it: it.apply())
        cls.each(lambda it: it.subscribe())
        cls.work_with_the_version_before()
        cls.leave_messages()
        cls.each(lambda it: it.upgrade(cls.touched[it.delivery]))
        cls.each(lambda it: eventually("the first sweep", it.is_swept))
        cls.each(lambda it: eventually("the delayed message's item", lambda: it.is_told(cls.settling)))
        time.sleep(TELLING)
        cls.each(lambda it: it.read_mails())

    @classmethod
    def copy_of(cls, source: Path) -> Path:
        directory = Path(tempfile.mkdtemp(prefix="terraform-before-")) / "terraform"
        cls.addClassCleanup(shutil.rmtree, directory.parent)
        shutil.copytree(source / "terraform", directory)
        return directory

    @classmethod
    def each(cls, step: Callable[[Upgraded], T]) -> list[T]:
        futures: list[Future[T]] = [cls.pool.submit(step, environment) for environment in cls.environments]
        return [future.result() for future in futures]

    @classmethod
    def work_with_the_version_before(cls) -> None:
        """Violations of which it alerts, and the first of them are touched during the upgrade."""
        cls.alerted = launch(10, {})
        cls.launched += cls.alerted
        cls.touched = dict(zip(("direct", "queue"), cls.alerted, strict=False))
        cls.each(lambda it: eventually("alerts by the version before", lambda: it.are_alerted(cls.alerted)))
        # Whoever was launched a quarter of an hour before an upgrade is no part of the baseline.
        make_older(cls.launched)

    @classmethod
    def leave_messages(cls) -> None:
        """A delayed event, and the continuation of a sweep."""
        cls.each(lambda it: it.take_new_code())

        def plan(environment: Upgraded) -> None:
            environment.plan_over = environment.plan()

        cls.each(plan)
        urls = cls.each(lambda it: it.hold_delayed_messages())
        [cls.settling] = launch(1, {})
        cls.launched.append(cls.settling)
        for environment, url in zip(cls.environments, urls, strict=True):
            eventually("a delayed message", lambda: environment.waiting(url) == 1)
            environment.begin_sweep()
            eventually("the sweep's message", lambda: environment.waiting(url) == 2)
            environment.continuation = environment.peek(url)
            environment.before = len(environment.read_mails())

    def test_nothing_is_destroyed_or_replaced(self) -> None:
        for environment in self.environments:
            actions = Counter(change.partition(": ")[2] for change in changes(environment.plan_over))
            print(f"{environment.delivery}: {dict(actions)}: {changes(environment.plan_over)}")
            self.assertEqual(set(actions), {"create", "update"}, changes(environment.plan_over))

    def test_a_delayed_message_ends_with_a_verdict_and_is_told_once(self) -> None:
        for environment in self.environments:
            keys = environment.keys_of(self.settling)
            provisional = [key for key in keys if key.endswith("-provisional.json")]
            self.assertEqual((len(provisional), len(keys) - len(provisional)), (1, 1), keys)
            self.assertEqual(environment.alerts()[self.settling], 1)


if __name__ == "__main__":
    unittest.main()

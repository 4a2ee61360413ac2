"""Upgrades the previous version, deployed and working, to this one, in the stand-in at AWS_ENDPOINT_URL: about five minutes,
plus the build of the previous version's function. It needs its own stand-in: other environments would check its fleet, and
its sweeps would cover theirs.

`discover` only finds it with `-p long_upgrade.py`. LAMBDA_ZIP names the zip of this version's function
(target/lambda/quick/bootstrap-<architecture>.zip). The previous version comes from git history.
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
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, ClassVar, TypeVar
from urllib.parse import urlsplit

from dev.subscriber import Subscriber

from .long_healing import Environment, client
from .slow_terraform import changes, zip_path
from .support import ROOT, copy_of_terraform, init, terraform_ok

# The parent of the commit that added the state table: its function remembers nothing, alerts at each check, and carries
# a sweep's findings along in its messages.
BEFORE = "d6578890c397b6b1b61c641b4fa7e5e7a5a8b3d9"
COMPLETE = {"Environment": "dev", "Owner": "tests", "Application": "tag-compliance"}
SETTLE_SECONDS = 20
# More than one page of EC2's, or a sweep would not be split into parts.
FLEET = 1200
# First page, probe, and some of the sixteen partitions.
ANSWERED = 8
PATIENCE = 180.0
# A generous bound for a second look and the message after it.
TELLING = 12
DIGEST = "EC2 Tag Compliance Sweep\n"
# alert_repeat_interval_hours, as it is by default.
REPEAT_INTERVAL_MS = 168 * 60 * 60 * 1_000
OVERDUE_MS = 15 * 60 * 1_000

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
            f"the previous version, {commit}, is not in this clone's history ({said}): run git fetch --unshallow"
        )
    shutil.rmtree(directory, ignore_errors=True)
    with tarfile.open(fileobj=io.BytesIO(archive.stdout)) as files:
        files.extractall(directory, filter="data")


def built(source: Path) -> Path:
    """The zip of the function in `source`, for this machine."""
    ours = Path(os.environ.get("CARGO_TARGET_DIR") or ROOT / "target").resolve()
    # Its dependencies are already built; only crates with the same names as ours get a folder of their own.
    directories = {"CARGO_BUILD_BUILD_DIR": str(ours), "CARGO_TARGET_DIR": str(source.parent / "target")}
    build = subprocess.run(
        [str(source / "scripts" / "build.sh")], env={**os.environ, **directories}, capture_output=True, text=True, check=False
    )
    if build.returncode:
        raise AssertionError(f"the previous version does not build: {build.stderr[-3000:]}")
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
    """A tag change that fixes nothing."""
    client("ec2").create_tags(Resources=list(instances), Tags=tag_list({"Touched": f"{time.time()}"}))


def make_older(instances: list[str]) -> None:
    body = json.dumps({"instances": instances, "seconds": 3600}).encode()
    request = urllib.request.Request(f"{os.environ['AWS_ENDPOINT_URL']}/_standin/instances", body, method="PUT")
    urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request).close()


def is_told(item: dict[str, Any]) -> bool:
    """Whether it is open, and people have been alerted to all of it."""
    is_known = all(item.get(known) == item.get(now) for known, now in (("tgen", "gen"), ("twhat", "what")))
    return item.get("st") == {"S": "open"} and is_known and "tat" in item and "due" not in item


class StallingEc2(ThreadingHTTPServer):
    """An EC2 that stops answering after a few calls, so that a sweep runs out of time."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), StallingHandler)
        self.calls, self.lock, self.over = 0, threading.Lock(), threading.Event()
        threading.Thread(target=self.serve_forever, daemon=True).start()

    @property
    def endpoint(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    def has_an_answer(self) -> bool:
        with self.lock:
            self.calls += 1
            return self.calls <= ANSWERED

    def end(self) -> None:
        self.over.set()
        self.shutdown()
        self.server_close()


class StallingHandler(BaseHTTPRequestHandler):
    server: StallingEc2

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if not self.server.has_an_answer():
            self.server.over.wait(PATIENCE)
            return
        request = urllib.request.Request(os.environ["AWS_ENDPOINT_URL"] + self.path, body, dict(self.headers))
        with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request) as answer:
            text = answer.read()
        # The caller may have run out of time.
        with suppress(ConnectionError):
            self.send_response(answer.status)
            self.send_header("Content-Type", answer.headers["Content-Type"])
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

    def log_message(self, format: str, *args: object) -> None:
        """Logs nothing: the test reports what matters."""


class Upgraded(Environment):
    """An environment deployed by the previous version, and the messages that people get from it."""

    def __init__(self, before: Path, directory: Path, zip_before: Path, delivery: str) -> None:
        super().__init__(before, delivery)
        self.delivery = delivery
        self._after = directory
        self.variables |= {
            "lambda_zip_path": str(zip_before),
            # So that both ways to start a sweep are upgraded.
            "scheduler_enabled": str(delivery == "direct").lower(),
            "settle_seconds": str(SETTLE_SECONDS),
        }
        self.mails: list[str] = []
        # How many mails arrived before the upgrade.
        self.before = 0
        self.continuation: dict[str, Any] = {}
        self.was_touched = False
        # What was known, and how often each was checked, before everything is touched.
        self.known: dict[str, dict[str, Any]] = {}
        self.checked = Counter[str]()

    def output(self, name: str) -> str:
        outputs = json.loads(terraform_ok(self.directory, "output", "-json"))
        value: str = outputs[name]["value"]
        return value

    def name(self, what: str) -> str:
        return f"tag-compliance-{what}-{self.suffix}"

    def subscribe(self) -> None:
        """Subscribes to what people get from the topic."""
        topic = self.output("alert_topic_arn")
        self.subscriber = Subscriber(client("sqs"), client("sns"), topic, f"upgrade-mails-{self.suffix}")

    def read_mails(self) -> list[str]:
        """Every message that has arrived."""
        self.mails = self.subscriber.texts()
        return self.mails

    def alerts(self, mails: list[str] | None = None) -> Counter[str]:
        """How many mails other than digests named each instance."""
        alerts = [mail for mail in (self.mails if mails is None else mails) if not mail.startswith(DIGEST)]
        told = [set(re.findall(r"\bi-[0-9a-f]{17}\b", mail)) for mail in alerts]
        return Counter(instance_id for ids in told for instance_id in ids)

    def are_alerted(self, instances: list[str]) -> bool:
        self.read_mails()
        return set(instances) <= set(self.alerts())

    def alerts_since(self) -> Counter[str]:
        """Alerts since the upgrade."""
        return self.alerts(self.read_mails()[self.before :])

    def keys(self) -> list[str]:
        pages = client("s3").get_paginator("list_objects_v2").paginate(Bucket=f"compliance-logs-{self.suffix}")
        return [item["Key"] for page in pages for item in page.get("Contents", [])]

    def keys_of(self, instance_id: str) -> list[str]:
        return [key for key in self.keys() if f"/{instance_id}-" in key]

    def checks(self) -> Counter[str]:
        """How often each instance was checked by itself."""
        return Counter(found[1] for key in self.keys() if (found := re.search(r"/(i-[0-9a-f]{17})-", key)))

    def unrecorded(self, instances: list[str]) -> set[str]:
        """Instances that still have no audit record after waiting."""
        deadline = time.monotonic() + PATIENCE
        while (left := set(instances) - self.recorded()) and time.monotonic() < deadline:
            time.sleep(1)
        return left

    def hold_delayed_messages(self) -> str:
        """Keeps the delay queue's messages for the next version; returns the queue's URL."""
        mappings = client("lambda").list_event_source_mappings(FunctionName=self.name("checker"))["EventSourceMappings"]
        [mapping] = [it["UUID"] for it in mappings if it["EventSourceArn"].endswith(f":{self.name('delay')}")]
        client("lambda").update_event_source_mapping(UUID=mapping, Enabled=False)
        eventually("the delay queue's mapping is off", lambda: self._mapping_state(mapping) == "Disabled")
        return self.delay_queue()

    def delay_queue(self) -> str:
        url: str = client("sqs").get_queue_url(QueueName=self.name("delay"))["QueueUrl"]
        return url

    @staticmethod
    def _mapping_state(mapping: str) -> str:
        state: str = client("lambda").get_event_source_mapping(UUID=mapping)["State"]
        return state

    def begin_sweep(self) -> dict[str, Any]:
        """The answer of a sweep by the previous version that runs out of time."""
        lambda_, function = client("lambda"), self.name("checker")
        there = lambda_.get_function_configuration(FunctionName=function)
        ec2, variables = StallingEc2(), there["Environment"]["Variables"]
        stalled = {"Timeout": 10, "Environment": {"Variables": {**variables, "AWS_ENDPOINT_URL_EC2": ec2.endpoint}}}
        try:
            lambda_.update_function_configuration(FunctionName=function, **stalled)
            event = {"id": f"sweep-{self.suffix}", "source": "aws.events", "detail-type": "Scheduled Event", "detail": {}}
            answer = lambda_.invoke(FunctionName=function, Payload=json.dumps(event).encode())
            found: dict[str, Any] = json.loads(answer["Payload"].read())
        finally:
            lambda_.update_function_configuration(
                FunctionName=function, Timeout=there["Timeout"], Environment={"Variables": variables}
            )
            ec2.end()
        if found.get("status") != "sweeping" or not found["checked"]:
            raise AssertionError(f"no sweep was left unfinished: {found}")
        return found

    def waiting(self, url: str) -> int:
        names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesDelayed"]
        attributes = client("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=names)["Attributes"]
        return sum(int(attributes[name]) for name in names)

    @staticmethod
    def peek(url: str) -> dict[str, Any]:
        """The sweep's message, which stays in the delay queue."""
        messages = client("sqs").receive_message(QueueUrl=url, MaxNumberOfMessages=10, VisibilityTimeout=0)["Messages"]
        bodies = [json.loads(message["Body"]) for message in messages]
        [continuation] = [body for body in bodies if body["detail-type"] == "Sweep Continuation"]
        found: dict[str, Any] = continuation
        return found

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
            self.was_touched = True

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
        return is_told(self.items().get(instance_id, {}))

    def look_before_the_events(self, overdue: str) -> None:
        """Takes down what is known; of one instance, people were told so long ago that they are to be told again."""
        self._make_earlier(overdue, "tat", REPEAT_INTERVAL_MS)
        self.known, self.checked = self.items(), self.checks()

    def let_time_pass(self, suspect: str) -> None:
        """Makes the function look again at a sweep's findings, as it would 15 minutes later."""
        self._make_earlier(suspect, "due", OVERDUE_MS)
        again = {"source": "tag-compliance-checker", "detail-type": "Suspects Due", "detail": {}}
        client("lambda").invoke(FunctionName=self.name("checker"), Payload=json.dumps(again).encode())

    def _make_earlier(self, instance_id: str, attribute: str, by: int) -> None:
        client("dynamodb").update_item(
            TableName=self.name("state"),
            Key={name: self.items()[instance_id][name] for name in ("pk", "sk")},
            UpdateExpression="SET #time = #time - :by",
            ExpressionAttributeNames={"#time": attribute},
            ExpressionAttributeValues={":by": {"N": str(by)}},
        )

    def missed_by_events(self) -> float:
        """The metric, of all times."""
        now = datetime.now(UTC)
        found = client("cloudwatch").get_metric_statistics(
            Namespace=self.variables["metric_namespace"],
            MetricName="MissedByEvents",
            StartTime=now - timedelta(hours=1),
            EndTime=now + timedelta(minutes=1),
            Period=3_600,
            Statistics=["Sum"],
        )
        return sum(point["Sum"] for point in found["Datapoints"])

    def are_checked_again(self, instances: list[str]) -> bool:
        checks = self.checks()
        return all(checks[it] > self.checked[it] for it in instances)

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
        # Nowhere else is a fleet launched for a test.
        if urlsplit(os.environ.get("AWS_ENDPOINT_URL", "")).hostname != "127.0.0.1":
            raise AssertionError("AWS_ENDPOINT_URL names no stand-in: source the env of scripts/standin.sh start")
        source = ROOT / "target" / "before" / "source"
        extract(ROOT, BEFORE, source)
        zip_before = built(source)
        cls.pool = ThreadPoolExecutor()
        cls.addClassCleanup(cls.pool.shutdown)
        cls.launched: list[str] = []
        cls.addClassCleanup(lambda: client("ec2").terminate_instances(InstanceIds=cls.launched))
        # Nobody watches yet: of these, no version gets an event.
        cls.unseen = cls.launch(20, {})
        cls.launch(FLEET, COMPLETE)
        cls.environments = [
            Upgraded(cls.copy_of(source), copy_of_terraform(cls), zip_before, delivery) for delivery in ("direct", "queue")
        ]
        cls.each(lambda it: it.apply())
        cls.each(lambda it: it.subscribe())
        cls.work_with_the_version_before()
        cls.leave_messages()
        cls.upgrade()
        cls.work_with_this_version()
        cls.running = {it.delivery: cls.pool.submit(it.destroy, it.suffix) for it in cls.environments}

    @classmethod
    def copy_of(cls, source: Path) -> Path:
        directory = Path(tempfile.mkdtemp(prefix="terraform-before-")) / "terraform"
        cls.addClassCleanup(shutil.rmtree, directory.parent)
        shutil.copytree(source / "terraform", directory)
        return directory

    @classmethod
    def launch(cls, count: int, tags: dict[str, str]) -> list[str]:
        instances = launch(count, tags)
        cls.launched += instances
        return instances

    @classmethod
    def begin(cls, step: Callable[[Upgraded], T]) -> list[Future[T]]:
        return [cls.pool.submit(step, environment) for environment in cls.environments]

    @classmethod
    def each(cls, step: Callable[[Upgraded], T]) -> list[T]:
        return [future.result() for future in cls.begin(step)]

    @classmethod
    def work_with_the_version_before(cls) -> None:
        """Violations of which it alerts; the first of them are touched during the upgrade."""
        cls.alerted = cls.launch(10, {})
        cls.touched = {it.delivery: instance for it, instance in zip(cls.environments, cls.alerted[:2], strict=True)}
        cls.standing = [*cls.unseen, *cls.alerted]
        # An instance launched less than a quarter of an hour before an upgrade is no part of the baseline.
        older = list(cls.launched)
        cls.young = cls.launch(2, {})
        watched = [*cls.alerted, *cls.young]
        cls.each(lambda it: eventually("alerts by the previous version", lambda: it.are_alerted(watched)))
        make_older(older)

    @classmethod
    def leave_messages(cls) -> None:
        """A delayed event, and the continuation of a sweep."""
        cls.each(lambda it: it.take_new_code())
        cls.plans = cls.each(lambda it: it.plan())
        queues = cls.each(lambda it: it.hold_delayed_messages())
        [cls.settling] = cls.launch(1, {})
        for environment, queue in zip(cls.environments, queues, strict=True):
            eventually("a delayed message", lambda: environment.waiting(queue) == 1)
            environment.begin_sweep()
            eventually("the sweep's message", lambda: environment.waiting(queue) == 2)
            environment.continuation = environment.peek(queue)
            environment.before = len(environment.read_mails())

    @classmethod
    def upgrade(cls) -> None:
        """Applies, while instances are launched; and what comes of it and of what was left."""
        cls.fleet = len(cls.launched)
        cls.meanwhile: list[str] = []
        applies = cls.begin(lambda it: it.upgrade(cls.touched[it.delivery]))
        while not all(apply.done() for apply in applies):
            cls.meanwhile += cls.launch(1, COMPLETE)
            time.sleep(0.5)
        for apply in applies:
            apply.result()
        cls.each(lambda it: eventually("the first sweep", it.is_swept))
        cls.swept = cls.each(lambda it: it.items())
        cls.each(lambda it: eventually("the delayed message's item", lambda: it.is_told(cls.settling)))
        cls.lost = cls.each(lambda it: it.unrecorded(cls.meanwhile))
        time.sleep(TELLING)
        cls.first_alerts = cls.each(lambda it: it.alerts_since())
        cls.are_touched_told = [it.is_told(cls.touched[it.delivery]) for it in cls.environments]

    @classmethod
    def work_with_this_version(cls) -> None:
        """After the first sweep, everything but one of the young instances has an event of its own."""
        [cls.new] = cls.launch(1, {})
        cls.each(lambda it: eventually("the new item", lambda: it.is_told(cls.new)))
        cls.overdue = cls.unseen[-1]
        cls.each(lambda it: it.look_before_the_events(cls.overdue))
        touched = [*cls.standing, cls.young[0], cls.new]
        touch(*touched)
        cls.each(lambda it: eventually("the checks", lambda: it.are_checked_again(touched)))
        cls.each(lambda it: eventually("the young one's item", lambda: it.is_told(cls.young[0])))
        time.sleep(TELLING)
        cls.remembered = cls.each(lambda it: it.items())
        since = cls.each(lambda it: it.alerts_since())
        cls.later_alerts = [all_ - first for all_, first in zip(since, cls.first_alerts, strict=True)]
        cls.delayed = cls.each(lambda it: it.waiting(it.delay_queue()))
        cls.each(lambda it: it.let_time_pass(cls.young[1]))
        cls.each(lambda it: eventually("the item of what was missed", lambda: it.is_told(cls.young[1])))
        cls.each(lambda it: eventually("the alert of what was missed", lambda: it.alerts_since()[cls.young[1]]))
        cls.missed = cls.each(lambda it: it.missed_by_events())
        cls.last_items = cls.each(lambda it: it.items())
        cls.dead_letters = cls.each(lambda it: it.dead_letters())
        cls.keys = cls.each(lambda it: it.keys_of(cls.settling))
        cls.second_plans = cls.each(lambda it: changes(it.plan()))
        cls.each(lambda it: it.subscriber.close())

    def digests(self, environment: Upgraded) -> list[str]:
        """Those of this version."""
        digests = [mail for mail in environment.mails[environment.before :] if mail.startswith(DIGEST)]
        self.assertTrue(digests)
        return digests

    def test_nothing_is_destroyed_or_replaced(self) -> None:
        for environment, plan in zip(self.environments, self.plans, strict=True):
            found = changes(plan)
            print(f"\n{environment.delivery}: {dict(Counter(it.partition(': ')[2] for it in found))}")
            self.assertEqual([it for it in found if not it.endswith((": create", ": update"))], [])
            self.assertIn("module.state_table.aws_dynamodb_table.state: create", found)

    def test_no_launch_during_the_upgrade_and_no_message_is_lost(self) -> None:
        self.assertGreater(len(self.meanwhile), 5)
        self.assertEqual(self.lost, [set(), set()])
        self.assertEqual(self.dead_letters, ["", ""])

    def test_a_delayed_message_ends_with_an_evaluation_and_is_alerted_once(self) -> None:
        for environment, keys in zip(self.environments, self.keys, strict=True):
            provisional = [key for key in keys if key.endswith("-provisional.json")]
            self.assertEqual((len(provisional), len(keys)), (1, 2), keys)
            self.assertEqual(environment.alerts()[self.settling], 1)

    def test_a_sweep_under_way_begins_anew_and_its_totals_are_not_read(self) -> None:
        for environment in self.environments:
            self.assertTrue(environment.continuation["detail"]["progress"]["totals"], "the previous version wrote it")
            for digest in self.digests(environment):
                checked = re.search(r"^Checked: (\d+)$", digest, re.MULTILINE)
                self.assertTrue(checked, digest)
                # The one in its grace period may have had its time by then.
                self.assertGreaterEqual(int(checked[1]), self.fleet - 1)
                self.assertLessEqual(int(checked[1]), self.fleet + len(self.meanwhile))

    def test_what_was_violated_all_along_is_in_the_digest_and_nobody_gets_a_flood(self) -> None:
        for environment, since in zip(self.environments, self.first_alerts, strict=True):
            for digest in self.digests(environment):
                self.assertEqual([it for it in self.standing if it not in digest], [])
            # While one function is the new one, the other may still be that of the previous version.
            before = {it for delivery, it in self.touched.items() if delivery != environment.delivery}
            self.assertEqual(set(since) - before, {self.settling})

    def test_an_event_before_the_first_sweep_is_remembered_as_told_and_alerts_nobody(self) -> None:
        for environment, is_told in zip(self.environments, self.are_touched_told, strict=True):
            self.assertTrue(environment.was_touched, "while the apply went on")
            self.assertTrue(is_told)
            self.assertEqual(environment.alerts()[self.touched[environment.delivery]], 1, "by the previous version")

    def test_what_was_violated_all_along_is_open_and_counts_as_told_once_the_first_sweep_has_ended(self) -> None:
        for items in self.swept:
            untold = {it: items.get(it) for it in self.standing if not is_told(items.get(it, {}))}
            self.assertEqual(untold, {})
            self.assertEqual([it for it in self.standing if "miss" in items[it]], [])

    def test_at_its_next_event_a_violation_that_is_known_changes_nothing_and_alerts_nobody_until_it_is_repeated(self) -> None:
        for environment, remembered, later in zip(self.environments, self.remembered, self.later_alerts, strict=True):
            known = [it for it in [*self.standing, self.new] if it != self.overdue]
            self.assertEqual({it: remembered[it] for it in known}, {it: environment.known[it] for it in known})
            self.assertEqual(later, Counter([self.new, self.young[0], self.overdue]))

    def test_what_was_launched_just_before_is_suspected_until_an_event_opens_it_or_its_time_is_over(self) -> None:
        for swept, remembered, delayed in zip(self.swept, self.remembered, self.delayed, strict=True):
            for item in [*(swept.get(it, {}) for it in self.young), remembered[self.young[1]]]:
                self.assertEqual((item.get("st"), "due" in item, "tgen" in item), ({"S": "suspect"}, True, False))
            opened = remembered[self.young[0]]
            self.assertEqual((is_told(opened), "miss" in opened), (True, False), "an event told of it")
            self.assertGreaterEqual(delayed, 1, "the message that asks once more")
        for environment, items, missed in zip(self.environments, self.last_items, self.missed, strict=True):
            self.assertEqual(["miss" in items[it] for it in self.young], [False, True])
            self.assertEqual(missed, 1)
            since = environment.alerts(environment.mails[environment.before :])
            self.assertEqual([since[it] for it in self.young], [1, 1], "once more than by the previous version")

    def test_a_second_plan_is_empty(self) -> None:
        self.assertEqual(self.second_plans, [[], []])

    def test_a_destroy_leaves_nothing(self) -> None:
        for destroyed in self.running.values():
            destroyed.result()


if __name__ == "__main__":
    unittest.main()

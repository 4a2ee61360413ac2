"""A stand-in with the state machine, its table and connections, and the receivers that its channels call."""

from __future__ import annotations

import json
import time
import unittest
from datetime import datetime
from typing import Any

from standin.receivers.all import RECEIVERS, described
from standin.receivers.server import Fault, Receiver
from standin.tests.roles import document
from standin.tests.support import ACCOUNT, REGION, StandIn, wait_for
from standin.tests.tables import create_table

from .deployed import CONNECTION_ID, MACHINE, ROLE, TABLE, TYPES, deployed

# A day of waits takes nine seconds.
SCALE = 0.0001
PATIENCE = 120.0


class World:
    """Everything that the machine touches; ``policy`` replaces what its role may do."""

    def __init__(self, scale: float = SCALE, **settings: str) -> None:
        self.standin = StandIn(SFN_WAIT_SCALE=str(scale), **settings)
        self.receivers: dict[str, Receiver] = {kind.name: kind(scale=0.0) for kind in RECEIVERS}
        for receiver in self.receivers.values():
            receiver.start()
        told = described(self.receivers.values())
        self.standin.put("/_standin/hosts", told["hosts"])
        self.inputs = self._with_connections(told["receivers"])
        self.dynamodb, self.machines = self.standin.client("dynamodb"), self.standin.client("stepfunctions")
        create_table(self.standin, TABLE)
        self.statements: list[dict[str, Any]] = self._with_ids(deployed().policy)["Statement"]
        iam = self.standin.client("iam")
        role = iam.create_role(RoleName=ROLE, AssumeRolePolicyDocument=json.dumps(deployed().trust))["Role"]["Arn"]
        self.allow(*self.statements)
        self.machine: str = self.machines.create_state_machine(
            name=MACHINE, definition=deployed().definition, roleArn=role
        )["stateMachineArn"]

    def stop(self) -> None:
        """End the processes and servers."""
        for receiver in self.receivers.values():
            receiver.stop()
        self.standin.stop()

    def _with_connections(self, receivers: dict[str, Any]) -> dict[str, dict[str, Any]]:
        self._ids: dict[str, str] = {}
        events = self.standin.client("events")
        for name, kind in TYPES.items():
            secrets = dict(receivers[kind]["secrets"])
            # EventBridge wants a key even where the secret is elsewhere.
            [(key, value)] = secrets.pop("api_key", {"x-unused": "none"}).items()
            body = [{"Key": key, "Value": value, "IsValueSecret": True} for key, value in secrets.get("body", {}).items()]
            arn = events.create_connection(
                Name=name,
                AuthorizationType="API_KEY",
                AuthParameters={
                    "ApiKeyAuthParameters": {"ApiKeyName": key, "ApiKeyValue": value},
                    "InvocationHttpParameters": {"BodyParameters": body},
                },
            )["ConnectionArn"]
            self._ids[f"connection/{name}/{CONNECTION_ID}"] = arn.split(":")[-1]
        return self._with_ids(deployed().inputs)

    def _with_ids(self, document: Any) -> Any:
        """The same with the ids that EventBridge has given the connections."""
        text = json.dumps(document)
        for planned, given in self._ids.items():
            text = text.replace(planned, given)
        return json.loads(text)

    def allow(self, *statements: dict[str, Any]) -> None:
        """Let the role do this and nothing else."""
        self.standin.client("iam").put_role_policy(RoleName=ROLE, PolicyName="channels", PolicyDocument=document(*statements))

    # The function's part: items and events.

    def write(self, instance: str, state: str, gen: int) -> None:
        """Write the item of a violation."""
        self.dynamodb.put_item(TableName=TABLE, Item={**item_key(instance), "st": {"S": state}, "gen": {"N": str(gen)}})

    def start(self, channel: str, detail: dict[str, Any]) -> str:
        """Start an execution as EventBridge would; the ARN."""
        given = {"channel": self.inputs[channel], "event": {"source": "tag-compliance", "detail": detail}}
        arn: str = self.machines.start_execution(stateMachineArn=self.machine, input=json.dumps(given))["executionArn"]
        return arn

    def ended(self, execution: str) -> dict[str, Any]:
        """An execution, once it has ended."""

        def described_execution() -> dict[str, Any] | None:
            answer: dict[str, Any] = self.machines.describe_execution(executionArn=execution)
            return answer if answer["status"] != "RUNNING" else None

        return wait_for("the end of the execution", described_execution, PATIENCE) or {}

    def running(self) -> int:
        """How many executions have not ended, up to a hundred."""
        listed = self.machines.list_executions(stateMachineArn=self.machine, statusFilter="RUNNING", maxResults=100)
        return len(listed["executions"])

    def failed(self) -> list[dict[str, Any]]:
        """The executions that have failed."""
        pages = self.machines.get_paginator("list_executions").paginate(stateMachineArn=self.machine, statusFilter="FAILED")
        arns = [execution["executionArn"] for page in pages for execution in page["executions"]]
        return [self.machines.describe_execution(executionArn=arn) for arn in arns]

    def entered(self, execution: str) -> list[tuple[datetime, str, Any]]:
        """When an execution has entered which state with which input, in their order."""
        pages = self.machines.get_paginator("get_execution_history").paginate(executionArn=execution)
        entered = [(event["timestamp"], event.get("stateEnteredEventDetails")) for page in pages for event in page["events"]]
        return [(moment, details["name"], json.loads(details["input"])) for moment, details in entered if details]

    def states(self, execution: str) -> list[str]:
        """Their names alone."""
        return [name for _, name, _ in self.entered(execution)]

    # The vendors' part.

    def fault(self, receiver: str, kind: str | None = None, **settings: Any) -> None:
        """From now on, a receiver fails like this."""
        self.receivers[receiver].set_fault(Fault(kind, **settings))

    def requests(self, receiver: str) -> list[dict[str, Any]]:
        """What a receiver has been asked."""
        requests: list[dict[str, Any]] = self.receivers[receiver].state()["requests"]
        return requests

    def asked(self, receiver: str, count: int) -> None:
        """Wait until a receiver has been asked so often."""
        wait_for(f"{count} requests", lambda: len(self.receivers[receiver].requests) >= count, PATIENCE)

    def alert(self, receiver: str, violation: str) -> str | None:
        """Whether a vendor shows an alert of a violation as open or closed; None if there never was one."""
        held = self.receivers[receiver].state()["alerts"]
        if receiver == "pagerduty":
            status = held.get(violation, {}).get("status")
            return {"triggered": "open", "resolved": "closed", None: None}[status]
        statuses = [alert["status"] for alert in held if alert["alias"] == violation]
        return "open" if "open" in statuses else statuses[-1] if statuses else None

    def messages(self, channel: str = "C0000000001") -> list[dict[str, Any]]:
        """The messages of a Slack channel."""
        messages: list[dict[str, Any]] = self.receivers["slack"].state()["channels"][channel]
        return messages


class WorldTest(unittest.TestCase):
    """Tests that share a world, each with instances, threads and receivers of its own."""

    scale = SCALE
    settings: dict[str, str] = {}
    world: World
    _made = 0

    @classmethod
    def setUpClass(cls) -> None:
        cls.world = World(cls.scale, **cls.settings)
        cls.addClassCleanup(cls.world.stop)

    def setUp(self) -> None:
        WorldTest._made += 1
        self.instance = f"i-{WorldTest._made:017x}"
        self.thread = f"{WorldTest._made:016x}"
        for receiver in self.world.receivers.values():
            receiver._begin_anew()

    def run_to_its_end(self, channel: str, detail: dict[str, Any]) -> dict[str, Any]:
        """An execution that has ended."""
        return self.world.ended(self.world.start(channel, detail))

    def assert_all_succeed(self, executions: list[str]) -> None:
        """Wait for the executions."""
        ended = [self.world.ended(execution) for execution in executions]
        self.assertEqual([each for each in ended if each["status"] != "SUCCEEDED"], [])


def item_key(instance: str) -> dict[str, Any]:
    """The key of an instance's item."""
    return {"pk": {"S": f"i#{ACCOUNT}#{REGION}#{instance[-1]}"}, "sk": {"S": instance}}


def violation(instance: str, gen: int) -> str:
    """The id of one violation of an instance."""
    return f"{instance}-{gen}"


def event(instance: str, gen: int, change: str, **settings: Any) -> dict[str, Any]:
    """The detail of an event about one violation."""
    summary = f"{instance} is missing Owner"
    return {
        "schemaVersion": 1,
        "id": f"{instance[2:]}{gen % 10**15:015d}",
        "violationId": violation(instance, gen),
        "accountId": ACCOUNT,
        "region": REGION,
        "instanceId": instance,
        "change": change,
        "pagerduty": {
            "payload": {
                "summary": summary,
                "source": instance,
                "severity": "error",
                "timestamp": "2026-11-27T09:00:00Z",
                "class": "tag-compliance",
                "custom_details": {"change": change},
            },
            "links": [{"href": "https://console.aws.amazon.com/ec2/", "text": "EC2"}],
        },
        "jsm": {
            "message": summary,
            "description": "Missing: Owner",
            "priority": "P3",
            "entity": instance,
            "source": "tag-compliance",
            "tags": ["tag-compliance"],
            "details": {"change": change},
        },
        **settings,
    }


def notification(number: int, thread: str, *, starts: bool = False, **settings: Any) -> dict[str, Any]:
    """The detail of a notification."""
    text = f"Message {number} of {thread}"
    return {
        "schemaVersion": 1,
        "id": f"{thread}{number:016x}",
        "threadId": thread,
        "isThreadStart": starts,
        "slack": {"text": text, "blocks": [{"type": "section", "text": {"type": "mrkdwn", "text": text}}]},
        **settings,
    }


def now_milliseconds() -> int:
    """The time as items have it."""
    return int(time.time() * 1000)

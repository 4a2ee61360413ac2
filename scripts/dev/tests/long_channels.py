"""A channel of each type in the stand-in at AWS_ENDPOINT_URL: what arrives at its receiver, and what a destroy leaves.

`discover` only finds it with `-p long_channels.py`. LAMBDA_ZIP names the function's zip for this machine.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import unittest
from pathlib import Path
from typing import Any, ClassVar
from urllib.parse import urlsplit

import botocore.session
from standin.receivers import slack, teams, webhook
from standin.receivers.all import RECEIVERS, described
from standin.receivers.server import Receiver

from .. import channels
from ..channels import CHAT as CHAT_PATH
from ..channels import call, client, wait_for
from .slow_terraform import ARCHITECTURE, Root, changes, unique, zip_path
from .support import ROOT, copy_of_terraform, terraform_ok

INSTANCE = "i-0abcdef1234567890"
CARD = {"type": "AdaptiveCard", "version": "1.5", "body": [{"type": "TextBlock", "text": "hello"}]}
CHAT = {
    "version": "1.0",
    "source": "custom",
    "content": {"textType": "client-markdown", "title": "hello", "description": "hello"},
    "metadata": {"threadId": "0123456789abcdef"},
}
# Where the provider calls the service, which has no endpoint in most regions.
CHATBOT_REGION = "us-west-2"


class ChannelsTest(unittest.TestCase):
    suffix: ClassVar[str] = unique("chan")
    receivers: ClassVar[dict[str, Receiver]]
    told: ClassVar[dict[str, dict[str, Any]]]
    given: ClassVar[dict[str, Any]]
    root: ClassVar[Root]

    @classmethod
    def setUpClass(cls) -> None:
        if urlsplit(os.environ.get("AWS_ENDPOINT_URL", "")).hostname != "127.0.0.1":
            raise AssertionError("AWS_ENDPOINT_URL names no stand-in: source the env of scripts/standin.sh start")
        cls.receivers = {kind.name: kind() for kind in RECEIVERS}
        for receiver in cls.receivers.values():
            receiver.start()
            cls.addClassCleanup(receiver.stop)
        described_all = described(cls.receivers.values())
        cls.told = described_all["receivers"]
        call("/_standin/hosts", "PUT", described_all["hosts"])
        directory = copy_of_terraform(cls)
        cls.given = cls.variables()
        cls.write(directory)
        cls.root = Root(
            directory,
            suffix=cls.suffix,
            architecture=ARCHITECTURE,
            lambda_zip_path=str(zip_path()),
            metric_namespace=f"TagCompliance/{cls.suffix}",
        )
        cls.root.apply()

    @classmethod
    def write(cls, directory: Path) -> None:
        (directory / "channels.auto.tfvars.json").write_text(json.dumps(cls.given), encoding="utf-8")

    @classmethod
    def variables(cls) -> dict[str, Any]:
        """With a filter, and a second channel in a chat, each of which an account has once."""
        given = channels.variables(cls.told, cls.connection)
        given["channels"]["everyone"]["channel_id"] = "C0123456788"
        given["channels"]["on_call"]["severities"] = ["critical", "high"]
        given["channels"]["lobby"] = {
            "type": "chat",
            "channel_id": "19%3ab6ef35dc%40thread.tacv2",
            "team_id": "12345678-0000-4000-8000-000000000001",
            "tenant_id": "12345678-0000-4000-8000-000000000002",
            "owners": ["web-*"],
        }
        return given

    @classmethod
    def connection(cls, kind: str) -> str:
        name = f"{unique('own')}-{kind}"
        arn = channels.connect(cls.told, kind, name)
        cls.addClassCleanup(client("events").delete_connection, Name=name)
        return arn

    def put(self, detail_type: str, **detail: Any) -> None:
        whole = {"schemaVersion": 1, "environment": self.suffix, **detail}
        entry = {"Source": "tag-compliance", "DetailType": f"Tag Compliance {detail_type}", "Detail": json.dumps(whole)}
        self.assertEqual(client("events").put_events(Entries=[entry])["FailedEntryCount"], 0)

    def put_violation(self, change: str, event: str, gen: int, severity: str) -> str:
        """An event about an instance, whose item says the same."""
        account = client("sts").get_caller_identity()["Account"]
        region = os.environ["AWS_REGION"]
        client("dynamodb").put_item(
            TableName=f"tag-compliance-state-{self.suffix}",
            Item={
                "pk": {"S": f"i#{account}#{region}#{INSTANCE[-1]}"},
                "sk": {"S": INSTANCE},
                "st": {"S": "closed" if change == "resolved" else "open"},
                "gen": {"N": str(gen)},
            },
        )
        violation = f"{INSTANCE}-{gen}"
        self.put(
            f"Violation {event}",
            id=unique(""),
            violationId=violation,
            accountId=account,
            region=region,
            instanceId=INSTANCE,
            change=change,
            changes=[change],
            severity=severity,
            owner="web-team",
            owners=["web-team"],
            ownerPattern=None,
            pagerduty={"payload": {"summary": "hello", "source": INSTANCE, "severity": "error"}},
            jsm={"message": "hello", "description": "hello"},
        )
        return violation

    def chats(self, configurations: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """Those of this environment."""
        return [chat for chat in configurations if chat["ConfigurationName"].endswith(self.suffix)]

    def held(self, name: str) -> dict[str, Any]:
        return self.receivers[name].state()

    def test_1_a_second_plan_changes_nothing(self) -> None:
        self.assertEqual(changes(self.root.plan()), [])

    def test_2_people_hear_of_it_in_each_chat(self) -> None:
        self.put(
            "Notification",
            id="0123456789abcdef0123456789abcdef",
            threadId="0123456789abcdef",
            isThreadStart=True,
            changes=["opened"],
            severity="low",
            # As of many owners.
            owner=None,
            owners=["data-team", "web-team"],
            ownerPattern=None,
            slack={"text": "hello", "blocks": []},
            teams={"type": "message", "attachments": [{"contentType": teams.CARD, "content": CARD}]},
            chat=CHAT,
        )
        [posted] = wait_for("the message in Slack", lambda: self.held("slack")["channels"][slack.CHANNEL])
        self.assertEqual(posted["text"], "hello")
        self.assertEqual(wait_for("the card in Teams", lambda: self.held("teams")["cards"]), [CARD])
        for name in ("everyone", "lobby"):
            chat = wait_for(f"the notification of {name}", lambda: call(CHAT_PATH).get(f"channel-{name}-{self.suffix}"))  # noqa: B023
            self.assertEqual((chat["notifications"], chat["dropped"]), ([CHAT], []))

    def test_3_machines_hear_of_it_and_of_its_end(self) -> None:
        violation = self.put_violation("opened", "Opened", 1, "high")
        wait_for("the incident", lambda: self.held("pagerduty")["alerts"].get(violation))
        wait_for("the alert", lambda: self.held("jsm")["alerts"])
        wait_for("the event", lambda: self.held("webhook")["events"])
        # By a filter of severities, PagerDuty would not hear of this one.
        self.put_violation("resolved", "Resolved", 1, "low")
        wait_for("the end of the alert", lambda: self.held("jsm")["alerts"][0]["status"] == "closed")
        wait_for("the second event", lambda: len(self.held("webhook")["events"]) == 2)
        wait_for("the end of the incident", lambda: self.held("pagerduty")["alerts"][violation]["status"] == "resolved")

    def test_4_a_filter_keeps_out_the_rest(self) -> None:
        before = len(self.held("webhook")["events"])
        violation = self.put_violation("opened", "Opened", 2, "low")
        # What every channel gets has arrived once the webhook and JSM have it.
        wait_for("the event", lambda: len(self.held("webhook")["events"]) == before + 1)
        wait_for("the alert", lambda: [alert for alert in self.held("jsm")["alerts"] if alert["alias"] == violation])
        self.assertNotIn(violation, self.held("pagerduty")["alerts"])
        self.assertEqual({name: self.held(name)["problems"] for name in self.receivers}, dict.fromkeys(self.receivers, []))

    def test_5_a_chat_moves_to_another_workspace_and_team(self) -> None:
        workspace, team, tenant = "T0123456788", "12345678-0000-4000-8000-000000000003", "12345678-0000-4000-8000-000000000004"
        channels = self.given["channels"]
        channels["everyone"]["workspace_id"] = workspace
        channels["lobby"] |= {"team_id": team, "tenant_id": tenant}
        self.write(self.root.directory)
        self.root.apply()
        self.assertEqual(changes(self.root.plan()), [])
        chatbot = botocore.session.get_session().create_client("chatbot", region_name=CHATBOT_REGION)
        [slack_chat] = self.chats(chatbot.describe_slack_channel_configurations()["SlackChannelConfigurations"])
        [teams_chat] = self.chats(chatbot.list_microsoft_teams_channel_configurations()["TeamChannelConfigurations"])
        self.assertEqual(slack_chat["SlackTeamId"], workspace)
        self.assertEqual((teams_chat["TeamId"], teams_chat["TenantId"]), (team, tenant))

    def test_6_everything_is_listed_and_a_destroy_leaves_none_of_it(self) -> None:
        leftovers = [sys.executable, str(ROOT / "scripts" / "ops" / "leftovers.py"), self.suffix]
        left = subprocess.run(leftovers, capture_output=True, text=True, check=False)
        ours = {line.strip() for line in left.stderr.splitlines()}
        for line in (
            f"chatbot: channel-everyone-{self.suffix}",
            f"chatbot: channel-lobby-{self.suffix}",
            f"events: channel-service-{self.suffix}",
            f"events: channel-siem-{self.suffix}",
            f"iam: channel-team-{self.suffix}",
            f"stepfunctions: tag-compliance-channels-{self.suffix}",
        ):
            self.assertIn(line, ours)
        self.root.destroy(self.suffix)

    def test_7_no_plan_shows_a_secret(self) -> None:
        shown = terraform_ok(self.root.directory, "plan", *self.root.arguments())
        secrets = [*self.given["channel_secrets"].values(), teams.SIGNATURE, webhook.SECRET]
        self.assertEqual([secret for secret in secrets if secret in shown], [])
        self.assertIn("channel_connection", shown)


if __name__ == "__main__":
    unittest.main()

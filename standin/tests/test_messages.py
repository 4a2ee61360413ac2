"""The messages that the core renders, as its snapshots hold them, at the receivers that are like each channel."""

from __future__ import annotations

import json
import unittest
from pathlib import Path
from typing import Any

from standin.receivers import custom_notification, jsm, pagerduty, slack, teams
from standin.receivers.server import Receiver

from .receiving import ask

ROOT = Path(__file__).resolve().parents[2]
SNAPSHOTS = ROOT / "crates/core/src/notification/snapshots"


def messages(channel: str) -> dict[str, Any]:
    """Each message of a channel by its name."""
    start = f"tag_compliance_core__notification__tests__{channel}-"
    found = {path.stem.removeprefix(start): path for path in SNAPSHOTS.glob(f"{start}*.snap")}
    return {name: json.loads(path.read_text(encoding="utf-8").split("---\n", 2)[2]) for name, path in found.items()}


class MessagesTest(unittest.TestCase):
    def receiver(self, kind: type[Receiver]) -> Receiver:
        # Slow senders: each message has a minute to itself.
        self.now = 0.0
        receiver = kind(clock=lambda: self.now)
        receiver.start()
        self.addCleanup(receiver.stop)
        return receiver

    def send(self, receiver: Receiver, target: str, message: Any, **headers: str) -> Any:
        self.now += 60
        answered = ask(receiver, "POST", target, message, **headers)
        self.assertIn(answered.status, (200, 202), answered.body)
        self.assertEqual(receiver.state()["problems"], [])
        return answered.body

    def test_slack_takes_every_message(self) -> None:
        receiver = self.receiver(slack.Slack)
        sent = messages("slack")
        for name, message in sent.items():
            with self.subTest(name):
                message = {"channel": slack.CHANNEL, **message}
                token = f"Bearer {slack.TOKEN}"
                self.assertTrue(self.send(receiver, "/api/chat.postMessage", message, Authorization=token)["ok"])
        self.assertEqual(len(sent), 6)

    def test_teams_shows_every_card(self) -> None:
        receiver = self.receiver(teams.Teams)
        sent = messages("teams")
        for name, message in sent.items():
            with self.subTest(name):
                self.send(receiver, f"{teams.PATH}?sig={teams.SIGNATURE}", message)
                self.assertEqual(receiver.state()["failed_runs"], [])
        self.assertEqual(len(receiver.state()["cards"]), 6)

    def test_amazon_q_developer_takes_every_notification(self) -> None:
        sent = messages("chat")
        problems = {name: custom_notification.problems_of(message) for name, message in sent.items()}
        self.assertEqual(problems, {name: [] for name in sent})
        self.assertEqual(len(sent), 6)

    def test_pagerduty_takes_every_violation(self) -> None:
        receiver = self.receiver(pagerduty.PagerDuty)
        sent = messages("pagerduty")
        for name, message in sent.items():
            with self.subTest(name):
                event = {"routing_key": pagerduty.ROUTING_KEY, "event_action": "trigger", "dedup_key": name, **message}
                self.send(receiver, "/v2/enqueue", event)
        self.assertEqual(set(receiver.state()["alerts"]), {"alert", "markup"})

    def test_jira_service_management_takes_every_violation(self) -> None:
        receiver = self.receiver(jsm.JiraServiceManagement)
        for name, message in messages("jsm").items():
            with self.subTest(name):
                key = f"GenieKey {jsm.API_KEY}"
                self.send(receiver, "/jsm/ops/integration/v2/alerts", {"alias": name, **message}, Authorization=key)
        self.assertEqual({alert["alias"] for alert in receiver.state()["alerts"]}, {"alert", "markup"})


class CustomNotificationTest(unittest.TestCase):
    def test_the_smallest_notification_has_a_description(self) -> None:
        smallest = {"version": "1.0", "source": "custom", "content": {"description": "d"}}
        self.assertEqual(custom_notification.problems_of(smallest), [])

    def test_what_amazon_q_developer_drops_is_named_by_its_field(self) -> None:
        [message] = [message for name, message in messages("chat").items() if name == "alert"]
        content, metadata = message["content"], message["metadata"]
        for problem, wrong in {
            "message: ": [],
            "version: ": {**message, "version": 1.0},
            "source: ": {**message, "source": "tag-compliance"},
            "id: ": {**message, "id": 1},
            "content.description: expected a text": {**message, "content": {"title": "a"}},
            "content.description: expected text": {**message, "content": {**content, "description": ["d"]}},
            "content.title: expected text": {**message, "content": {**content, "title": 1}},
            "content.title: expected at most 250": {**message, "content": {**content, "title": "x" * 251}},
            "content.description: expected at most 8000": {**message, "content": {**content, "description": "x" * 8001}},
            "content.textType: ": {**message, "content": {**content, "textType": "plain"}},
            "content.keywords: ": {**message, "content": {**content, "keywords": "a"}},
            "content.nextSteps: ": {**message, "content": {**content, "nextSteps": [1]}},
            "metadata: expected an object": {**message, "metadata": []},
            "metadata.threadId: ": {**message, "metadata": {**metadata, "threadId": 1}},
            "metadata.additionalContext: expected": {**message, "metadata": {"additionalContext": []}},
            "metadata.additionalContext: ": {**message, "metadata": {"additionalContext": {"n": 1}}},
            "message: expected at most": {**message, "metadata": {"additionalContext": {"a": "x" * 300_000}}},
        }.items():
            with self.subTest(problem=problem):
                [found] = custom_notification.problems_of(wrong)
                self.assertTrue(found.startswith(problem), found)


if __name__ == "__main__":
    unittest.main()

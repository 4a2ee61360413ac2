"""The receiver that is like PagerDuty."""

from __future__ import annotations

import unittest
from typing import Any

from standin.receivers import pagerduty
from standin.receivers.pagerduty import PagerDuty

from .receiving import Answered, ReceiverTest, ask

PAYLOAD = {"summary": "s", "source": "i-1", "severity": "warning"}


class PagerDutyTest(ReceiverTest):
    kind = PagerDuty
    receiver: PagerDuty

    def send(self, action: str = "trigger", key: str | None = "k", **otherwise: Any) -> Answered:
        event = {"routing_key": pagerduty.ROUTING_KEY, "event_action": action, "dedup_key": key, "payload": PAYLOAD}
        event = {name: value for name, value in {**event, **otherwise}.items() if value is not None}
        return ask(self.receiver, "POST", "/v2/enqueue", event)

    def alert(self) -> tuple[str, int, int]:
        alert = self.state()["alerts"]["k"]
        return alert["status"], alert["events"], alert["opened"]

    def test_an_alert_is_triggered_acknowledged_and_resolved_by_its_key(self) -> None:
        self.assertEqual(
            (self.send().status, self.send().body),
            (202, {"status": "success", "message": "Event processed", "dedup_key": "k"}),
        )
        self.assertEqual(self.alert(), ("triggered", 2, 1))
        self.send("acknowledge", payload=None)
        self.assertEqual(self.alert(), ("acknowledged", 2, 1))
        self.send("resolve", payload=None)
        self.send("resolve", payload=None)
        self.assertEqual(self.alert(), ("resolved", 2, 1))
        self.send()
        self.assertEqual(self.alert(), ("triggered", 1, 2))

    def test_a_resolve_before_its_trigger_is_taken_and_changes_nothing(self) -> None:
        self.assertEqual(self.send("resolve").status, 202)
        self.assertEqual(self.state()["alerts"], {})

    def test_a_trigger_without_a_key_gets_one(self) -> None:
        key = self.send(key=None).body["dedup_key"]
        self.assertEqual(list(self.state()["alerts"]), [key])

    def test_the_published_limits_are_kept(self) -> None:
        self.assertEqual(self.send(payload={**PAYLOAD, "summary": "s" * 1024}, key="k" * 255).status, 202)
        wrong: list[dict[str, Any]] = [
            {"payload": {**PAYLOAD, "summary": "s" * 1025}},
            {"key": "k" * 256},
            {"payload": {**PAYLOAD, "severity": "bad"}},
            {"payload": {**PAYLOAD, "source": ""}},
            {"payload": {**PAYLOAD, "component": 1}},
            {"payload": "text"},
            {"action": "close"},
            {"action": "resolve", "key": None},
            {"links": [{"text": "no href"}]},
            {"images": "none"},
            {"images": [{"src": "http://example.com/a.png"}]},
        ]
        for event in wrong:
            with self.subTest(event=str(event)[:60]):
                answered = self.send(**event)
                self.assertEqual((answered.status, answered.body["status"]), (400, "invalid event"))
                self.assertEqual(len(answered.body["errors"]), 1)
        self.assertEqual(len(self.state()["problems"]), len(wrong))

    def test_a_body_has_half_a_megabyte_at_most(self) -> None:
        self.assertEqual(self.send(payload={**PAYLOAD, "custom_details": {"x": "x" * pagerduty.MOST_BYTES}}).status, 400)
        self.assertEqual(ask(self.receiver, "POST", "/v2/enqueue", b"{").status, 400)
        self.assertEqual(ask(self.receiver, "POST", "/v1", {}).status, 404)

    def test_a_routing_key_that_is_none_is_a_bad_request(self) -> None:
        for key in ("other", "f" * 32):
            self.assertIn("routing", self.send(routing_key=key).body["errors"][0])
        self.fault("revoked")
        self.assertEqual(self.send().status, 400)
        self.assertEqual(self.state()["alerts"], {})

    def test_so_many_calls_a_minute_are_taken(self) -> None:
        self.assertEqual({self.send().status for _ in range(pagerduty.CALLS)}, {202})
        self.now += 59.9
        self.assertEqual(self.send().status, 429)
        self.now += 0.1
        self.assertEqual(self.send().status, 202)

    def test_too_many_events_are_told_without_a_time(self) -> None:
        self.fault("rate_limited", times=1)
        answered = self.send()
        self.assertEqual((answered.status, "Retry-After" in answered.headers), (429, False))
        self.assertEqual(self.send().status, 202)


if __name__ == "__main__":
    unittest.main()

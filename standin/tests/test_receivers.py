"""What all receivers have in common, and the webhook."""

from __future__ import annotations

import http.client
import json
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

from standin.receivers import webhook
from standin.receivers.server import FAULT, STATE
from standin.receivers.webhook import Webhook

from .receiving import Answered, ReceiverTest, ask
from .support import ROOT, StandIn, wait_for


class WebhookTest(ReceiverTest):
    kind = Webhook
    receiver: Webhook

    def post(self, unique: str, secret: str = webhook.SECRET) -> Answered:
        event = {"id": "of-eventbridge", "detail": {"id": unique}}
        return ask(self.receiver, "POST", "/hook", event, **{webhook.HEADER: secret})

    def test_an_event_is_kept_once(self) -> None:
        self.assertEqual([self.post(unique).status for unique in ("a", "a", "b")], [204] * 3)
        state = self.state()
        self.assertEqual((list(state["events"]), state["duplicates"]), (["a", "b"], 1))

    def test_another_secret_is_refused(self) -> None:
        self.assertEqual(self.post("a", "other").status, 401)
        self.fault("revoked")
        self.assertEqual(self.post("a").status, 401)

    def test_an_event_without_an_id_is_a_problem(self) -> None:
        for event in ({}, [], {"detail": {"id": 1}}):
            with self.subTest(event=event):
                answered = ask(self.receiver, "POST", "/", event, **{webhook.HEADER: webhook.SECRET})
                self.assertEqual(answered.status, 400)
        self.assertEqual(len(self.state()["problems"]), 3)

    def test_faults_end_by_themselves(self) -> None:
        self.fault("outage", times=2)
        self.assertEqual([self.post("a").status for _ in range(3)], [503, 503, 204])

    def test_a_rate_limit_says_when_to_come_again(self) -> None:
        self.fault("rate_limited", retry_after=7)
        answered = self.post("a")
        self.assertEqual((answered.status, answered.headers["Retry-After"]), (429, "7"))

    def test_a_connection_can_end_without_an_answer(self) -> None:
        self.fault("reset", times=1)
        with self.assertRaises(http.client.HTTPException):
            self.post("a")
        self.assertEqual(self.post("a").status, 204)

    def test_a_slow_answer_comes_when_the_fault_ends_and_the_event_is_kept(self) -> None:
        self.fault("slow", seconds=0)
        self.assertEqual(self.post("a").status, 204)
        self.assertEqual(list(self.state()["events"]), ["a"])

    def test_what_is_gone_is_not_found(self) -> None:
        self.fault("deleted")
        self.assertEqual(self.post("a").status, 404)

    def test_it_forgets_when_asked_to(self) -> None:
        self.post("a")
        self.fault("outage")
        self.assertEqual(ask(self.receiver, "DELETE", STATE).status, 204)
        self.assertEqual(self.state(), {"events": {}, "duplicates": 0, "requests": [], "problems": []})
        self.assertEqual(self.post("a").status, 204)

    def test_its_state_can_be_had_without_the_requests(self) -> None:
        self.post("a")
        told = ask(self.receiver, "GET", f"{STATE}?requests=no").body
        self.assertEqual((list(told["events"]), "requests" in told), (["a"], False))

    def test_a_fault_that_is_unknown_is_refused(self) -> None:
        for fault in ({"kind": "fire"}, {"kind": "outage", "what": 1}):
            with self.subTest(fault=fault):
                self.assertEqual(ask(self.receiver, "PUT", FAULT, fault).status, 400)
        self.assertEqual(ask(self.receiver, "POST", STATE).status, 405)

    def test_methods_other_than_post_are_refused(self) -> None:
        self.assertEqual(ask(self.receiver, "GET", "/hook").status, 405)


class StartTest(unittest.TestCase):
    def test_one_command_starts_all_and_tells_a_stand_in_their_hosts(self) -> None:
        standin = StandIn()
        self.addCleanup(standin.stop)
        directory = self.enterContext(tempfile.TemporaryDirectory())
        ready = Path(directory) / "ready"
        command = [sys.executable, "-m", "standin.receivers", "--standin", standin.endpoint, "--ready-file", str(ready)]
        process = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.addCleanup(process.wait)
        assert process.stdin and process.stdout
        self.addCleanup(process.stdout.close)
        self.addCleanup(process.stdin.close)
        told = json.loads(process.stdout.readline())
        self.assertEqual(json.loads(ready.read_text(encoding="utf-8")), told)
        self.assertEqual(set(told["receivers"]), {"slack", "pagerduty", "jsm", "teams", "webhook"})
        for name, receiver in told["receivers"].items():
            with self.subTest(receiver=name):
                self.assertTrue(receiver["endpoint"].startswith(f"https://{receiver['host']}/"))
                self.assertEqual(told["hosts"][receiver["host"]], receiver["url"])
        process.stdin.close()
        wait_for("the end", lambda: process.poll() is not None)
        self.assertEqual(process.returncode, 0)


if __name__ == "__main__":
    unittest.main()

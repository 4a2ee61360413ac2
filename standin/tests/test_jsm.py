"""The receiver that is like Jira Service Management's operations."""

from __future__ import annotations

import unittest
from typing import Any

from standin.receivers import jsm
from standin.receivers.jsm import JiraServiceManagement

from .receiving import Answered, ReceiverTest, ask

ALERTS = "/jsm/ops/integration/v2/alerts"


class JsmTest(ReceiverTest):
    kind = JiraServiceManagement
    receiver: JiraServiceManagement

    def post(self, path: str = "", key: str = jsm.API_KEY, **body: Any) -> Answered:
        return ask(self.receiver, "POST", ALERTS + path, body, Authorization=f"GenieKey {key}")

    def create(self, **otherwise: Any) -> Answered:
        return self.post(**{"message": "m", "alias": "a/1", **otherwise})

    def close(self) -> Answered:
        return self.post("/a%2F1/close?identifierType=alias", note="tagged")

    def test_one_alert_is_open_for_an_alias_until_it_is_closed(self) -> None:
        answered = self.create()
        self.assertEqual((answered.status, answered.body["result"]), (202, "Request will be processed"))
        self.create()
        self.assertEqual([(a["status"], a["count"]) for a in self.state()["alerts"]], [("open", 2)])
        self.assertEqual(self.close().status, 202)
        self.create()
        alerts = self.state()["alerts"]
        self.assertEqual([(a["status"], a["count"], a["notes"]) for a in alerts], [("closed", 2, ["tagged"]), ("open", 1, [])])

    def test_an_alert_is_acknowledged_by_its_id(self) -> None:
        self.create()
        unique = self.state()["alerts"][0]["id"]
        self.post(f"/{unique}/acknowledge")
        self.assertTrue(self.state()["alerts"][0]["acknowledged"])

    def test_a_close_of_an_alias_that_is_not_open_is_taken(self) -> None:
        self.assertEqual(self.close().status, 202)
        self.assertEqual(self.state()["alerts"], [])

    def test_an_alias_is_no_id(self) -> None:
        self.create()
        self.post("/a%2F1/close")
        self.assertEqual(self.state()["alerts"][0]["status"], "open")

    def test_the_published_limits_are_kept(self) -> None:
        longest = {"message": "m" * 130, "alias": "a" * 512, "description": "d" * 15_000, "tags": ["t" * 50] * 20}
        self.assertEqual(self.create(**longest, details={"k": "v" * 7_999}, priority="P1").status, 202)
        wrong: list[dict[str, Any]] = [
            {"message": "m" * 131},
            {"message": ""},
            {"alias": "a" * 513},
            {"description": "d" * 15_001},
            {"entity": "e" * 513},
            {"source": "s" * 101},
            {"tags": ["t"] * 21},
            {"tags": ["t" * 51]},
            {"details": {"k": "v" * 8_000}},
            {"details": {"k": 1}},
            {"priority": "high"},
            {"note": 1},
        ]
        for alert in wrong:
            with self.subTest(alert=str(alert)[:60]):
                answered = self.create(**alert)
                self.assertEqual((answered.status, list(answered.body["errors"])), (422, list(alert)))

    def test_keys_and_integrations_can_be_gone(self) -> None:
        self.assertEqual(self.post(key="other", message="m").status, 401)
        self.fault("revoked")
        self.assertEqual(self.create().status, 401)
        self.fault("deleted")
        self.assertEqual(self.create().status, 403)
        self.fault("rate_limited", retry_after=3)
        self.assertEqual(self.create().headers["Retry-After"], "3")

    def test_what_is_no_alert_is_refused(self) -> None:
        authorized = {"Authorization": f"GenieKey {jsm.API_KEY}"}
        self.assertEqual(ask(self.receiver, "POST", ALERTS, b"[", **authorized).status, 400)
        self.assertEqual(ask(self.receiver, "GET", ALERTS, **authorized).status, 404)
        self.assertEqual(self.post("/x/reopen").status, 404)


if __name__ == "__main__":
    unittest.main()

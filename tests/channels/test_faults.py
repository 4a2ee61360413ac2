"""Channels that fail: what passes is waited for, for a day; what does not is an error that says what the vendor said."""

from __future__ import annotations

import unittest
from typing import Any

from .world import WorldTest, event, notification, violation

RECEIVERS = {"alerts": "slack", "oncall": "pagerduty", "desk": "jsm"}
# After so many attempts, an hour has passed even if every wait was short.
ATTEMPTS_OF_AN_HOUR = 13
TRIES = 72


class FaultsTest(WorldTest):
    # A day of waits takes a second.
    scale = 0.00001

    def detail(self, channel: str, **settings: Any) -> dict[str, Any]:
        if channel in ("alerts", "archive"):
            return notification(1, self.thread, starts=True, **settings)
        return event(self.instance, 1, "opened", **settings)

    def arrived(self, channel: str) -> bool:
        if channel == "alerts":
            return [message["text"] for message in self.world.messages()] == [f"Message 1 of {self.thread}"]
        return self.world.alert(RECEIVERS[channel], violation(self.instance, 1)) == "open"

    def statuses(self, channel: str) -> list[int | None]:
        return [request["status"] for request in self.world.requests(RECEIVERS[channel])]

    def assert_heals(self, channel: str, kind: str, attempts: int = 3, **settings: Any) -> None:
        """The channel fails for some attempts, then works."""
        self.world.write(self.instance, "open", 1)
        self.world.fault(RECEIVERS[channel], kind, times=attempts, **settings)
        ended = self.run_to_its_end(channel, self.detail(channel))
        self.assertEqual(ended["status"], "SUCCEEDED", ended)
        self.assertEqual(len(self.statuses(channel)), attempts + 1)
        self.assertTrue(self.arrived(channel))

    def assert_fails(self, channel: str, error: str, cause: str, **settings: Any) -> str:
        """The execution fails where redrive-execution starts it again: in the task that calls the channel."""
        self.world.write(self.instance, "open", 1)
        return self.assert_failed(self.world.start(channel, self.detail(channel, **settings)), error, cause)

    def assert_failed(self, execution: str, error: str, cause: str) -> str:
        ended = self.world.ended(execution)
        self.assertEqual((ended["status"], ended["error"]), ("FAILED", error))
        self.assertIn(cause, ended["cause"])
        self.assertEqual(self.world.states(execution)[-1], "Last Try")
        return execution

    def assert_redriven(self, channel: str, execution: str) -> None:
        """Once the channel works again, the execution ends what it began."""
        self.world.fault(RECEIVERS[channel])
        self.world.machines.redrive_execution(executionArn=execution)
        self.assert_all_succeed([execution])
        self.assertTrue(self.arrived(channel), channel)

    def test_an_outage_of_an_hour_loses_nothing(self) -> None:
        for channel in RECEIVERS:
            with self.subTest(channel=channel):
                self.assert_heals(channel, "outage", ATTEMPTS_OF_AN_HOUR)

    def test_a_connection_that_breaks_is_made_again(self) -> None:
        for channel in RECEIVERS:
            with self.subTest(channel=channel):
                self.assert_heals(channel, "reset")

    def test_too_many_requests_are_spread(self) -> None:
        # Step Functions does not show a failed call's headers, so the waits grow past what Retry-After says.
        for channel in RECEIVERS:
            with self.subTest(channel=channel):
                self.assert_heals(channel, "rate_limited", retry_after=30)
                self.assertEqual(self.statuses(channel)[:3], [429] * 3)

    def test_a_secret_that_is_renewed_within_a_day_loses_nothing(self) -> None:
        for channel, status in (("alerts", 200), ("desk", 401)):
            with self.subTest(channel=channel):
                self.assert_heals(channel, "revoked", ATTEMPTS_OF_AN_HOUR)
                self.assertEqual(self.statuses(channel)[:ATTEMPTS_OF_AN_HOUR], [status] * ATTEMPTS_OF_AN_HOUR)

    def test_an_integration_that_is_enabled_again_within_a_day_loses_nothing(self) -> None:
        self.assert_heals("desk", "deleted")
        self.assertEqual(self.statuses("desk")[:3], [403] * 3)

    def test_pagerduty_does_not_say_whether_a_key_was_revoked_or_an_event_is_wrong(self) -> None:
        self.world.fault("pagerduty", "revoked")
        execution = self.assert_fails("oncall", "States.Http.StatusCode.400", "Invalid routing key")
        self.assert_redriven("oncall", execution)

    def test_a_channel_that_is_gone_fails_at_once(self) -> None:
        self.world.fault("slack", "deleted")
        execution = self.assert_fails("alerts", "States.QueryEvaluationError", "Slack refused the message: channel_not_found")
        self.assertEqual(len(self.statuses("alerts")), 2)
        self.assert_redriven("alerts", execution)

    def test_a_channel_that_is_archived_fails_at_once(self) -> None:
        self.assert_fails("archive", "States.QueryEvaluationError", "Slack refused the message: is_archived")

    def test_a_payload_that_is_refused_fails_at_once(self) -> None:
        blocks = {"text": "", "blocks": [{"type": "section"}]}
        self.assert_fails("alerts", "States.QueryEvaluationError", "Slack refused the message: invalid_blocks", slack=blocks)
        alert = {"payload": {"summary": "s", "source": "s"}}
        self.assert_fails("oncall", "States.Http.StatusCode.400", "payload.severity", pagerduty=alert)
        self.assert_fails("desk", "States.Http.StatusCode.422", "Message can not be empty", jsm={})

    def test_an_event_without_its_payload_fails_at_once(self) -> None:
        self.world.write(self.instance, "open", 1)
        detail = self.detail("oncall")
        del detail["violationId"]
        ended = self.run_to_its_end("oncall", detail)
        self.assertEqual((ended["status"], ended["error"]), ("FAILED", "States.QueryEvaluationError"))

    def test_after_a_day_the_error_is_the_last_answer(self) -> None:
        self.world.write(self.instance, "open", 1)
        for receiver in RECEIVERS.values():
            self.world.fault(receiver, "outage")
        executions = {channel: self.world.start(channel, self.detail(channel)) for channel in RECEIVERS}
        for channel, execution in executions.items():
            self.assert_failed(execution, "States.Http.StatusCode.503", "Service Unavailable")
            self.assertEqual(self.world.states(execution).count("Wait Longer"), TRIES)
            self.assert_redriven(channel, execution)

    def test_what_is_redriven_too_late_is_put_right(self) -> None:
        for channel in ("oncall", "desk"):
            self.world.fault(RECEIVERS[channel], "outage")
            self.world.write(self.instance, "open", 1)
            execution = self.world.start(channel, self.detail(channel))
            self.world.asked(RECEIVERS[channel], TRIES + 1)
            self.assert_failed(execution, "States.Http.StatusCode.503", "")
            self.world.write(self.instance, "closed", 1)
            self.world.fault(RECEIVERS[channel])
            self.world.machines.redrive_execution(executionArn=execution)
            self.assert_all_succeed([execution])
            self.assertEqual(self.world.alert(RECEIVERS[channel], violation(self.instance, 1)), "closed")

    def test_after_a_day_slack_says_why(self) -> None:
        self.world.fault("slack", "revoked")
        self.assert_fails("alerts", "States.QueryEvaluationError", "Slack refused the message: token_revoked")

    def test_the_last_try_may_succeed(self) -> None:
        self.world.write(self.instance, "open", 1)
        for receiver in RECEIVERS.values():
            self.world.fault(receiver, "outage", times=TRIES + 1)
        executions = {channel: self.world.start(channel, self.detail(channel)) for channel in RECEIVERS}
        self.assert_all_succeed(list(executions.values()))
        for channel, execution in executions.items():
            self.assertIn("Last Try", self.world.states(execution))
            self.assertTrue(self.arrived(channel), channel)

    def test_nobody_is_called_after_an_outage_for_what_is_resolved(self) -> None:
        for channel in ("oncall", "desk"):
            receiver = RECEIVERS[channel]
            self.world.write(self.instance, "open", 1)
            self.world.fault(receiver, "outage")
            opening = self.world.start(channel, self.detail(channel))
            self.world.asked(receiver, 2)
            self.world.write(self.instance, "closed", 1)
            self.world.asked(receiver, len(self.world.requests(receiver)) + 2)
            self.world.fault(receiver)
            self.assert_all_succeed([opening])
            self.assertIsNone(self.world.alert(receiver, violation(self.instance, 1)))


class LateAnswersTest(WorldTest):
    settings = {"STANDIN_HTTP_TASK_SECONDS": "1"}

    def test_what_was_taken_although_the_answer_was_late_is_one_alert(self) -> None:
        for channel in ("oncall", "desk"):
            receiver = RECEIVERS[channel]
            self.world.write(self.instance, "open", 1)
            self.world.fault(receiver, "slow", times=2, seconds=60)
            self.assert_all_succeed([self.world.start(channel, event(self.instance, 1, "opened"))])
            self.assertEqual(self.world.alert(receiver, violation(self.instance, 1)), "open")
            self.assertGreaterEqual(len(self.world.requests(receiver)), 3)
        self.assertEqual(len(self.world.receivers["jsm"].state()["alerts"]), 1)

    def test_slack_has_the_same_message_twice_with_the_same_id(self) -> None:
        detail = notification(1, self.thread, starts=True)
        self.world.fault("slack", "slow", times=1, seconds=60)
        self.assert_all_succeed([self.world.start("alerts", detail)])
        ids = [message["metadata"]["event_payload"]["id"] for message in self.world.messages()]
        self.assertGreaterEqual(len(ids), 2)
        self.assertEqual(set(ids), {detail["id"]})


if __name__ == "__main__":
    unittest.main()

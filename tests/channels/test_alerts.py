"""Alerts in PagerDuty and JSM: the last request agrees with the item, whatever the order of the events."""

from __future__ import annotations

import unittest
from itertools import permutations

from .deployed import TABLE
from .world import WorldTest, event, item_key, violation

CHANNELS = {"oncall": "pagerduty", "desk": "jsm"}
GOOD_PATH = ["Which Channel", "Read Violation", "Send", "Read Again", "Agrees?", "Done"]
AGAIN = ["Send", "Read Again", "Agrees?"]


class AlertsTest(WorldTest):
    def assert_alerts(self, gen: int, expected: str | None) -> None:
        for receiver in CHANNELS.values():
            self.assertEqual(self.world.alert(receiver, violation(self.instance, gen)), expected, receiver)
            self.assertEqual(self.world.receivers[receiver].problems, [])

    def run_everywhere(self, *details: dict) -> list[str]:
        """Run one after the other in each channel."""
        executions = []
        for channel in CHANNELS:
            for detail in details:
                executions.append(self.world.start(channel, detail))
                self.assert_all_succeed(executions[-1:])
        return executions

    def test_an_event_takes_six_states(self) -> None:
        self.world.write(self.instance, "open", 1)
        for execution in self.run_everywhere(event(self.instance, 1, "opened")):
            self.assertEqual(self.world.states(execution), GOOD_PATH)
        self.assert_alerts(1, "open")

    def test_a_violation_that_is_resolved_closes_its_alert(self) -> None:
        self.world.write(self.instance, "open", 1)
        self.run_everywhere(event(self.instance, 1, "opened"), event(self.instance, 1, "changed"))
        self.assert_alerts(1, "open")
        self.world.write(self.instance, "closed", 1)
        self.run_everywhere(event(self.instance, 1, "resolved"))
        self.assert_alerts(1, "closed")

    def test_what_the_vendors_show_is_what_the_event_says(self) -> None:
        self.world.write(self.instance, "open", 1)
        self.run_everywhere(event(self.instance, 1, "opened"))
        name = violation(self.instance, 1)
        shown = self.world.receivers["pagerduty"].state()["alerts"][name]["payload"]
        self.assertEqual(shown, event(self.instance, 1, "opened")["pagerduty"]["payload"])
        [shown] = self.world.receivers["jsm"].state()["alerts"]
        wanted = {**event(self.instance, 1, "opened")["jsm"], "alias": name}
        self.assertEqual({key: shown[key] for key in wanted}, wanted)

    def test_events_in_any_order_end_closed_once_the_violation_is(self) -> None:
        self.world.write(self.instance, "closed", 1)
        events = [event(self.instance, 1, change) for change in ("opened", "changed", "resolved")]
        for order in permutations(events):
            self.run_everywhere(*order, order[0])
            # The item is closed: nobody is called at night for an opening that comes late.
            self.assert_alerts(1, None)

    def test_events_at_once_end_open_while_the_violation_is(self) -> None:
        self.world.write(self.instance, "open", 1)
        events = [event(self.instance, 1, change) for change in ("changed", "opened", "changed", "opened")]
        self.assert_all_succeed([self.world.start(channel, detail) for channel in CHANNELS for detail in events])
        self.assert_alerts(1, "open")

    def test_each_lifetime_of_an_instance_has_an_alert_of_its_own(self) -> None:
        self.world.write(self.instance, "open", 1)
        self.run_everywhere(event(self.instance, 1, "opened"))
        self.world.write(self.instance, "open", 2)
        # The second has begun before anything was heard of the first one's end.
        self.run_everywhere(event(self.instance, 2, "opened"), event(self.instance, 1, "changed"))
        self.assert_alerts(1, "closed")
        self.assert_alerts(2, "open")
        self.run_everywhere(event(self.instance, 1, "resolved"))
        self.assert_alerts(2, "open")

    def test_a_suspect_and_an_item_that_is_gone_have_no_alert(self) -> None:
        self.world.write(self.instance, "open", 1)
        self.run_everywhere(event(self.instance, 1, "opened"))
        self.world.write(self.instance, "suspect", 2)
        self.run_everywhere(event(self.instance, 1, "changed"))
        self.assert_alerts(1, "closed")
        self.world.dynamodb.delete_item(TableName=TABLE, Key=item_key(self.instance))
        self.run_everywhere(event(self.instance, 2, "opened"))
        self.assert_alerts(2, None)

    def test_a_violation_that_ends_while_its_alert_is_under_way_closes_it(self) -> None:
        for channel, receiver in CHANNELS.items():
            self.world.write(self.instance, "open", 1)
            self.world.fault(receiver, "slow", seconds=60)
            execution = self.world.start(channel, event(self.instance, 1, "opened"))
            self.world.asked(receiver, 1)
            self.world.write(self.instance, "closed", 1)
            self.world.fault(receiver)
            self.assert_all_succeed([execution])
            self.assertEqual(self.world.states(execution), [*GOOD_PATH[:-1], *AGAIN, "Done"])
        self.assert_alerts(1, "closed")

    def test_whoever_acts_last_looks_last(self) -> None:
        for channel, receiver in CHANNELS.items():
            self.world.write(self.instance, "open", 1)
            self.world.fault(receiver, "slow", times=1, seconds=60)
            opening = self.world.start(channel, event(self.instance, 1, "opened"))
            self.world.asked(receiver, 1)
            self.world.write(self.instance, "closed", 1)
            # The end overtakes the opening, whose answer is still outstanding.
            resolved = self.world.start(channel, event(self.instance, 1, "resolved"))
            self.assert_all_succeed([resolved])
            self.world.fault(receiver)
            self.assert_all_succeed([opening])
        self.assert_alerts(1, "closed")

    def test_a_test_is_opened_and_closed_again(self) -> None:
        for instance in (None, self.instance):
            with self.subTest(instance=instance):
                detail = event(self.instance, 1, "test", violationId=f"test-{instance}", instanceId=instance)
                self.run_everywhere(detail)
                for receiver in CHANNELS.values():
                    self.assertEqual(self.world.alert(receiver, f"test-{instance}"), "closed")


if __name__ == "__main__":
    unittest.main()

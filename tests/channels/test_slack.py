"""Messages in Slack: each once, one a second in a channel, in the thread of the opening."""

from __future__ import annotations

import time
import unittest
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

from .deployed import TABLE
from .world import World, WorldTest, notification, now_milliseconds

START = ["Which Channel", "Take Free Slot", "Claim", "Find Thread", "Post", "Accepted?", "Remember Thread", "Remember Message"]
REPLY = [state for state in START if state != "Remember Thread"]
BUSY = ["Take Free Slot", "Take Next Slot", "Wait For Slot"]


def key(sort: str, channel: str = "alerts") -> dict[str, Any]:
    """The key of an item of a channel."""
    return {"pk": {"S": f"channel#{channel}"}, "sk": {"S": sort}}


class SlackTest(WorldTest):
    def setUp(self) -> None:
        super().setUp()
        self.forget("pace")

    def forget(self, sort: str) -> None:
        self.world.dynamodb.delete_item(TableName=TABLE, Key=key(sort))

    def item(self, sort: str) -> dict[str, Any]:
        item: dict[str, Any] = self.world.dynamodb.get_item(TableName=TABLE, Key=key(sort)).get("Item", {})
        return item

    def put(self, sort: str, **attributes: dict[str, str]) -> None:
        self.world.dynamodb.put_item(TableName=TABLE, Item={**key(sort), **attributes})

    def post(self, number: int, **settings: Any) -> list[str]:
        """Run one notification to its end; the states it took."""
        execution = self.world.start("alerts", notification(number, self.thread, **settings))
        self.assert_all_succeed([execution])
        return self.world.states(execution)

    def texts(self) -> list[str]:
        return [message["text"] for message in self.world.messages()]

    def test_an_opening_takes_eight_states_and_a_reply_seven(self) -> None:
        self.assertEqual(self.post(1, starts=True), START)
        self.forget("pace")
        self.assertEqual(self.post(2), REPLY)

    def test_in_a_busy_channel_two_more_take_a_slot(self) -> None:
        self.put("pace", next={"N": str(now_milliseconds() + 60_000)})
        self.assertEqual([state for state in self.post(2) if state in BUSY], BUSY)

    def test_a_reply_is_in_the_thread_of_the_opening(self) -> None:
        for number in (1, 2, 3):
            self.post(number, starts=number == 1)
        first, *replies = self.world.messages()
        self.assertNotIn("thread_ts", first)
        self.assertEqual([reply["thread_ts"] for reply in replies], [first["ts"]] * 2)

    def test_a_message_names_its_channel_and_its_id_and_neither_formats_its_text_nor_unfolds_a_link(self) -> None:
        detail = notification(1, self.thread, starts=True)
        self.post(1, starts=True)
        [message] = self.world.messages()
        del message["ts"]
        told = {"event_type": "tag_compliance_notification", "event_payload": {"id": detail["id"]}}
        quiet = {"mrkdwn": False, "unfurl_links": False, "unfurl_media": False}
        self.assertEqual(message, {**detail["slack"], **quiet, "channel": "C0000000001", "metadata": told})

    def test_a_reply_without_an_opening_stands_alone(self) -> None:
        self.post(2)
        [message] = self.world.messages()
        self.assertNotIn("thread_ts", message)

    def test_a_reply_whose_opening_was_deleted_stands_alone(self) -> None:
        self.put(f"thread#{self.thread}", ts={"S": "1600000000.000001"})
        self.assertIn("Last Try", self.post(2))
        [message] = self.world.messages()
        self.assertNotIn("thread_ts", message)

    def test_a_thread_begins_once(self) -> None:
        self.post(1, starts=True)
        [first] = self.world.messages()
        self.post(2, starts=True)
        self.assertEqual(self.item(f"thread#{self.thread}")["ts"]["S"], first["ts"])

    def test_duplicates_at_once_are_posted_once(self) -> None:
        detail = notification(1, self.thread, starts=True)
        self.assert_all_succeed([self.world.start("alerts", detail) for _ in range(10)])
        self.assertEqual(self.texts(), [detail["slack"]["text"]])

    def test_a_duplicate_is_not_posted_however_late_it_comes(self) -> None:
        self.post(1, starts=True)
        sort = f"message#{notification(1, self.thread)['id']}"
        self.world.dynamodb.update_item(
            TableName=TABLE,
            Key=key(sort),
            UpdateExpression="SET claimed = :old",
            ExpressionAttributeValues={":old": {"N": "1"}},
        )
        self.forget("pace")
        self.assertEqual(self.post(1), ["Which Channel", "Take Free Slot", "Claim", "Done"])
        self.assertEqual(len(self.texts()), 1)

    def test_a_claim_of_five_minutes_is_taken_over_and_a_younger_one_is_not(self) -> None:
        minute = 60_000
        for number, age, messages in ((1, 4 * minute, 0), (2, 6 * minute, 1)):
            sort = f"message#{notification(number, self.thread)['id']}"
            self.put(sort, claimed={"N": str(now_milliseconds() - age)}, holder={"S": "who was stopped"})
            self.post(number)
            self.assertEqual(len(self.texts()), messages)

    def test_whoever_waits_for_slack_loses_an_old_claim_to_a_duplicate(self) -> None:
        detail = notification(1, self.thread, starts=True)
        sort = f"message#{detail['id']}"
        self.world.fault("slack", "outage")
        first = self.world.start("alerts", detail)
        self.world.asked("slack", 2)
        # As if it had waited for half an hour, and a duplicate had come after ten minutes.
        self.put(sort, claimed={"N": str(now_milliseconds())}, holder={"S": "a duplicate"})
        self.assert_all_succeed([first])
        self.assertEqual(self.world.states(first)[-2:], ["Claim", "Done"])

    def test_messages_expire(self) -> None:
        self.post(1, starts=True)
        day = 86_400
        for sort, days in (("pace", 2), (f"message#{notification(1, self.thread)['id']}", 30), (f"thread#{self.thread}", 400)):
            self.assertAlmostEqual(int(self.item(sort)["ttl"]["N"]), now_milliseconds() / 1000 + days * day, delta=3600)

    def test_twenty_at_once_in_a_busy_channel_have_the_next_twenty_slots(self) -> None:
        free = now_milliseconds() + 600_000
        self.put("pace", next={"N": str(free)})
        slots = [moment.timestamp() * 1000 - free for moment in self.slots_of(20)]
        self.assertEqual([round(slot) for slot in slots], [1000 * number for number in range(20)])

    def test_twenty_at_once_in_a_free_channel_have_slots_a_second_apart(self) -> None:
        began = time.monotonic()
        slots = self.slots_of(20)
        # One needs no wait, and another only once all slots before it have passed.
        self.assertGreaterEqual(len(slots), 19 - int(time.monotonic() - began))
        self.assertEqual([one for one, next_one in pairwise(slots) if next_one - one < timedelta(seconds=1)], [])

    def slots_of(self, count: int) -> list[datetime]:
        """What so many executions at once have waited for, after each has posted its message."""
        details = [notification(number, self.thread) for number in range(count)]
        executions = [self.world.start("alerts", detail) for detail in details]
        self.assert_all_succeed(executions)
        self.assertEqual(sorted(self.texts()), sorted(detail["slack"]["text"] for detail in details))
        return sorted(slot for execution in executions for slot in slots(self.world, execution))

    def test_a_slot_that_has_passed_holds_up_nobody(self) -> None:
        self.put("pace", next={"N": str(now_milliseconds() - 1)})
        self.assertNotIn("Wait For Slot", self.post(1))

    def test_channels_do_not_wait_for_each_other(self) -> None:
        self.post(1, starts=True)
        self.world.dynamodb.delete_item(TableName=TABLE, Key=key("pace", "archive"))
        execution = self.world.start("archive", notification(1, self.thread))
        self.world.ended(execution)
        self.assertNotIn("Take Next Slot", self.world.states(execution))


class PaceTest(WorldTest):
    # Real seconds.
    scale = 1.0

    def test_no_message_is_sent_before_its_slot(self) -> None:
        busy = {"next": {"N": str(now_milliseconds() + 4000)}}
        self.world.dynamodb.put_item(TableName=TABLE, Item={**key("pace"), **busy})
        executions = [self.world.start("alerts", notification(number, self.thread)) for number in range(2)]
        self.assert_all_succeed(executions)
        waits = [(slot, self.claimed(execution)) for execution in executions for slot in slots(self.world, execution)]
        self.assertTrue(waits)
        self.assertEqual([(slot, claimed) for slot, claimed in waits if claimed < slot], [])

    def claimed(self, execution: str) -> datetime:
        """When an execution has stopped waiting for its slot."""
        [moment] = [moment for moment, state, _ in self.world.entered(execution) if state == "Claim"]
        return moment


def slots(world: World, execution: str) -> list[datetime]:
    """What an execution has waited for."""
    return [datetime.fromisoformat(given["slot"]) for _, state, given in world.entered(execution) if state == "Wait For Slot"]


if __name__ == "__main__":
    unittest.main()

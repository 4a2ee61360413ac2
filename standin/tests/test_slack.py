"""The receiver that is like Slack."""

from __future__ import annotations

import unittest
from typing import Any

from standin.receivers import slack
from standin.receivers.slack import Slack

from .receiving import Answered, ReceiverTest, ask


def text(characters: int, kind: str = "mrkdwn") -> dict[str, Any]:
    return {"type": kind, "text": "x" * characters}


def section(characters: int) -> dict[str, Any]:
    return {"type": "section", "text": text(characters)}


def button(**otherwise: Any) -> dict[str, Any]:
    return {"type": "button", "text": text(75, "plain_text"), **otherwise}


def rich(*elements: Any, kind: str = "section", **otherwise: Any) -> dict[str, Any]:
    return {"type": "rich_text", "elements": [{"type": f"rich_text_{kind}", "elements": list(elements), **otherwise}]}


def run(characters: int, **otherwise: Any) -> dict[str, Any]:
    return {"type": "text", "text": "x" * characters, **otherwise}


# The longest that is taken, and what is one too long of each.
LIMITS: dict[str, tuple[list[Any], list[Any]]] = {
    "blocks": ([{"type": "divider"}] * 50, [{"type": "divider"}] * 51),
    "section": ([section(3000)], [section(3001)]),
    "empty text": ([section(1)], [section(0)]),
    "header": (
        [{"type": "header", "text": text(150, "plain_text")}],
        [{"type": "header", "text": text(151, "plain_text")}],
    ),
    "header's kind": ([{"type": "header", "text": text(1, "plain_text")}], [{"type": "header", "text": text(1)}]),
    "fields": ([{"type": "section", "fields": [text(9)] * 10}], [{"type": "section", "fields": [text(9)] * 11}]),
    "field": ([{"type": "section", "fields": [text(2000)]}], [{"type": "section", "fields": [text(2001)]}]),
    "a section has something": ([section(1)], [{"type": "section"}]),
    "context": ([{"type": "context", "elements": [text(9)] * 10}], [{"type": "context", "elements": [text(9)] * 11}]),
    "actions": ([{"type": "actions", "elements": [button()] * 25}], [{"type": "actions", "elements": [button()] * 26}]),
    "button": (
        [{"type": "actions", "elements": [button(url="u" * 3000)]}],
        [{"type": "actions", "elements": [button(url="u" * 3001)]}],
    ),
    "accessory": (
        [{**section(1), "accessory": button()}],
        [{**section(1), "accessory": {**button(), "text": text(76, "plain_text")}}],
    ),
    "image": (
        [{"type": "image", "image_url": "u", "alt_text": "a"}],
        [{"type": "image", "image_url": "u"}],
    ),
    "rich text": ([rich(run(3000, style={"bold": True}))], [rich(run(3001))]),
    "empty rich text": ([rich(run(1))], [rich(run(0))]),
    "rich text's style": ([rich(run(1, style={"code": True}))], [rich(run(1, style={"loud": True}))]),
    "code": ([rich(run(9), kind="preformatted")], [rich({"type": "user", "user_id": "U1"}, kind="preformatted")]),
    "rich text's elements": ([rich({"type": "emoji", "name": "tada"})], [rich({"type": "image"})]),
    "a mention": ([rich({"type": "broadcast", "range": "here"})], [rich({"type": "broadcast"})]),
    "link": (
        [rich({"type": "link", "url": "u" * 3000, "text": "a"}), rich({"type": "link", "url": "u"}, kind="quote")],
        [rich({"type": "link", "url": "u" * 3001})],
    ),
    "a link has an address": ([rich({"type": "link", "url": "u"})], [rich({"type": "link", "text": "a"})]),
    "list": (
        [rich({"type": "rich_text_section", "elements": [run(1)]}, kind="list", style="bullet")],
        [rich({"type": "rich_text_section", "elements": [run(1)]}, kind="list")],
    ),
    "rich text has elements": ([rich()], [{"type": "rich_text"}]),
    "block id": ([{"type": "divider", "block_id": "b" * 255}], [{"type": "divider", "block_id": "b" * 256}]),
    "kind": ([{"type": "divider"}], [{"type": "table"}]),
}


class SlackTest(ReceiverTest):
    kind = Slack
    receiver: Slack

    def post(self, token: str = f"Bearer {slack.TOKEN}", method: str = "postMessage", **message: Any) -> Answered:
        message = {"channel": slack.CHANNEL, "text": "hello", **message}
        answered = ask(self.receiver, "POST", f"/api/chat.{method}", message, Authorization=token)
        self.now += 1
        return answered

    def error(self, **message: Any) -> str:
        """The error that comes with 200."""
        answered = self.post(**message)
        self.assertEqual((answered.status, answered.body["ok"]), (200, False))
        error: str = answered.body["error"]
        return error

    def test_a_message_is_posted_and_a_reply_goes_into_its_thread(self) -> None:
        first = self.post().body
        self.assertTrue(first["ok"])
        reply = self.post(thread_ts=first["ts"], text="resolved").body
        messages = self.state()["channels"][slack.CHANNEL]
        self.assertEqual([(m["text"], m.get("thread_ts")) for m in messages], [("hello", None), ("resolved", first["ts"])])
        self.assertNotEqual(reply["ts"], first["ts"])

    def test_a_message_can_be_changed(self) -> None:
        ts = self.post().body["ts"]
        self.assertTrue(self.post(method="update", ts=ts, text="changed").body["ok"])
        self.assertEqual([m["text"] for m in self.state()["channels"][slack.CHANNEL]], ["changed"])
        self.assertEqual(self.error(method="update", ts="1.1"), "message_not_found")

    def test_what_is_refused_is_answered_with_200(self) -> None:
        self.assertEqual(self.error(token="Bearer other"), "invalid_auth")
        self.assertEqual(self.error(token=""), "not_authed")
        self.assertEqual(self.error(channel="C9"), "channel_not_found")
        self.assertEqual(self.error(channel=slack.ARCHIVED), "is_archived")
        self.assertEqual(self.error(text=""), "no_text")
        self.assertEqual(self.error(thread_ts="1.1"), "thread_not_found")
        self.assertEqual(self.error(method="unheard"), "unknown_method")
        self.assertEqual(self.error(text="x" * 40_001), "msg_too_long")
        self.assertEqual(self.state()["channels"], {slack.CHANNEL: []})

    def test_a_token_can_be_revoked_and_a_channel_deleted(self) -> None:
        self.fault("revoked")
        self.assertEqual(self.error(), "token_revoked")
        self.fault("deleted")
        self.assertEqual(self.error(), "channel_not_found")
        self.fault(None)
        self.assertTrue(self.post().body["ok"])

    def test_one_message_a_second_is_taken(self) -> None:
        self.post()
        self.now -= 0.5
        answered = self.post()
        self.assertEqual((answered.status, answered.headers["Retry-After"]), (429, "1"))
        self.assertEqual(answered.body, {"ok": False, "error": "ratelimited"})
        self.assertTrue(self.post().body["ok"])

    def test_a_body_that_is_no_json_is_refused(self) -> None:
        answered = ask(self.receiver, "POST", "/api/chat.postMessage", b"{", Authorization=f"Bearer {slack.TOKEN}")
        self.assertEqual(answered.body["error"], "invalid_json")

    def test_block_kits_limits_are_kept(self) -> None:
        for name, (longest, too_long) in LIMITS.items():
            with self.subTest(limit=name):
                self.assertTrue(self.post(blocks=longest).body["ok"])
                self.assertEqual(self.error(blocks=too_long), "invalid_blocks")
        self.assertEqual(len(self.state()["problems"]), len(LIMITS))
        self.assertEqual(self.error(blocks="text"), "invalid_blocks")

    def test_all_blocks_together_have_a_limit(self) -> None:
        self.assertTrue(self.post(blocks=[section(3000)] * 4 + [section(1200)]).body["ok"])
        self.assertEqual(self.error(blocks=[section(3000)] * 4 + [section(1201)]), "msg_blocks_too_long")


if __name__ == "__main__":
    unittest.main()

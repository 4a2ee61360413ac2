"""The receiver that is like a Teams workflow, and the schema of its cards."""

from __future__ import annotations

import unittest
from typing import Any

from standin.receivers import adaptive_card, teams
from standin.receivers.teams import Teams

from .receiving import Answered, ReceiverTest, ask

TEXT = {"type": "TextBlock", "text": "hello", "wrap": True}
CARD = {
    "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
    "type": "AdaptiveCard",
    "version": "1.5",
    "msteams": {"width": "Full"},
    "body": [
        {**TEXT, "size": "Large", "weight": "bolder", "style": "heading", "color": "attention"},
        {"type": "FactSet", "facts": [{"title": "Owner", "value": "payments"}]},
        {"type": "Container", "style": "emphasis", "items": [{**TEXT, "fontType": "monospace", "maxLines": 3}]},
        {"type": "ColumnSet", "columns": [{"type": "Column", "width": "stretch", "items": [TEXT]}, {"width": 1}]},
        {"type": "RichTextBlock", "inlines": ["plain", {"type": "TextRun", "text": "bold", "weight": "bolder"}]},
        {
            "type": "Table",
            "columns": [{"width": 1}],
            "rows": [{"type": "TableRow", "cells": [{"type": "TableCell", "items": [TEXT]}]}],
        },
        {"type": "ActionSet", "actions": [{"type": "Action.ToggleVisibility", "targetElements": ["id"]}]},
        {"type": "Image", "url": "https://example.com/a.png", "size": "small"},
    ],
    "actions": [
        {"type": "Action.OpenUrl", "title": "Open", "url": "https://example.com"},
        {"type": "Action.ShowCard", "card": {"type": "AdaptiveCard", "body": [TEXT]}},
    ],
}


class AdaptiveCardTest(unittest.TestCase):
    def test_a_card_of_every_element_is_valid(self) -> None:
        self.assertEqual(adaptive_card.problems_of(CARD), [])

    def test_what_breaks_the_schema_is_named_by_its_place(self) -> None:
        wrong: dict[str, Any] = {
            "card: expected an object": [],
            "card.version: ": {**CARD, "version": "1.6"},
            "card.body: expected a list": {**CARD, "body": TEXT},
            "card.body[0].type: ": {**CARD, "body": [{"type": "Text"}]},
            "card.body[0].text: expected, and is not there": {**CARD, "body": [{"type": "TextBlock"}]},
            "card.body[0].text: expected text": {**CARD, "body": [{**TEXT, "text": 1}]},
            "card.body[0].size: ": {**CARD, "body": [{**TEXT, "size": "huge"}]},
            "card.body[0].wrap: ": {**CARD, "body": [{**TEXT, "wrap": "yes"}]},
            "card.body[0].maxLines: ": {**CARD, "body": [{**TEXT, "maxLines": True}]},
            "card.body[0].colour: unknown": {**CARD, "body": [{**TEXT, "colour": "good"}]},
            "card.actions[0].type: ": {**CARD, "actions": [{"type": "Action.Submit"}]},
            "card.actions[0].url: ": {**CARD, "actions": [{"type": "Action.OpenUrl"}]},
            "card.type: ": {**CARD, "type": "Card"},
        }
        for problem, card in wrong.items():
            with self.subTest(problem=problem):
                [found] = adaptive_card.problems_of(card)
                self.assertTrue(found.startswith(problem), found)


class TeamsTest(ReceiverTest):
    kind = Teams
    receiver: Teams

    def post(self, card: Any = CARD, signature: str = teams.SIGNATURE, **otherwise: Any) -> Answered:
        attachment = {"contentType": teams.CARD, "contentUrl": None, "content": card}
        message = {"type": "message", "attachments": [attachment], **otherwise}
        answered = ask(self.receiver, "POST", f"{teams.PATH}?api-version=1&sv=1.0&sig={signature}", message)
        self.now += 0.25
        return answered

    def test_a_card_is_posted(self) -> None:
        answered = self.post()
        self.assertEqual((answered.status, answered.body), (202, ""))
        self.assertEqual(self.state()["cards"], [CARD])

    def test_another_signature_is_refused(self) -> None:
        self.assertEqual(self.post(signature="other").status, 401)
        self.fault("revoked")
        self.assertEqual(self.post().status, 401)

    def test_what_the_channel_cannot_take_is_202_all_the_same(self) -> None:
        for message in (
            {"card": {**CARD, "body": [{**TEXT, "text": "x" * teams.MOST_BYTES}]}},
            {"card": {"type": "AdaptiveCard"}},
            {"type": "card"},
            {"attachments": []},
            {"attachments": [{"contentType": "text/plain"}]},
        ):
            with self.subTest(message=str(message)[:60]):
                self.assertEqual(self.post(**message).status, 202)
        self.fault("deleted")
        self.assertEqual(self.post().status, 202)
        state = self.state()
        self.assertEqual((state["cards"], len(state["failed_runs"])), ([], 6))

    def test_four_requests_a_second_are_taken(self) -> None:
        statuses = []
        for _ in range(5):
            statuses.append(self.post().status)
            self.now -= 0.25
        self.assertEqual(statuses, [202] * 4 + [429])
        self.now += 1
        self.assertEqual(self.post().status, 202)

    def test_what_is_no_message_is_refused(self) -> None:
        signed = f"{teams.PATH}?sig={teams.SIGNATURE}"
        self.assertEqual(ask(self.receiver, "POST", signed, b"{").status, 400)
        self.assertEqual(ask(self.receiver, "GET", signed).status, 404)
        self.assertEqual(ask(self.receiver, "POST", "/other", {}).status, 404)


if __name__ == "__main__":
    unittest.main()

"""Recorded requests are counted."""

from __future__ import annotations

import dataclasses
import io
import os
import tempfile
import unittest
from contextlib import redirect_stdout
from pathlib import Path
from unittest import mock

from standin.recording import MAX_OBJECT_BYTES, VARIABLE, Recording, Request, from_environment, read

from . import __main__ as wire
from .support import request


class RecordingTest(unittest.TestCase):
    def setUp(self) -> None:
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.path = Path(directory.name) / "requests.jsonl"

    def record(self, *requests: Request) -> None:
        recording = Recording(self.path)
        for made in requests:
            recording.add(made.method, made.target, made.headers, made.body or b"")
        recording.close()

    def test_a_request_is_kept_as_it_came(self) -> None:
        made = [request("sqs", "list_queues"), request("s3", "put_object", Bucket="b", Key="k", Body=b"\0\xff")]
        self.record(made[0])
        self.record(made[1])
        self.assertEqual(list(read(self.path)), made)

    def test_of_a_long_object_only_the_length(self) -> None:
        body = b"x" * (MAX_OBJECT_BYTES + 1)
        made = [request("s3", "put_object", Bucket="b", Key="k", Body=body), request("sqs", "list_queues")]
        made[1] = dataclasses.replace(made[1], body=body, size=len(body))
        self.record(*made)
        kept = list(read(self.path))
        self.assertEqual([(one.body, one.size) for one in kept], [(None, len(body)), (body, len(body))])

    def test_nothing_is_recorded_unless_asked_for(self) -> None:
        with mock.patch.dict("os.environ"):
            os.environ.pop(VARIABLE, None)
            self.assertIsNone(from_environment())

    def run_main(self) -> tuple[int, str]:
        printed = io.StringIO()
        with mock.patch("sys.argv", ["wire", str(self.path)]), redirect_stdout(printed):
            return wire.main(), printed.getvalue()

    def test_counts_by_service_operation_and_client(self) -> None:
        agent = {"user-agent": "aws-sdk-rust/1.3.9"}
        listing = request("sqs", "list_queues")
        rust = dataclasses.replace(listing, headers=listing.headers | agent)
        self.record(listing, rust, rust, Request("GET", "/health", {}, b"", 0))
        code, text = self.run_main()
        self.assertEqual(code, 0, text)
        self.assertRegex(text, r"(?m)^ +Rust +Python$")
        self.assertRegex(text, r"(?m)^sqs ListQueues +2 +1$")
        self.assertRegex(text, r"3 requests held against .*: 0 violations; 1 without a signature were left out")

    def test_violations_are_named_and_fail(self) -> None:
        self.record(request("sns", "create_topic"), request("sns", "create_topic"))
        code, text = self.run_main()
        self.assertEqual(code, 1)
        self.assertIn("2 times: sns CreateTopic (Python): Name: Member must not be null, got null", text)

    def test_no_request_at_all_is_a_failure(self) -> None:
        self.record()
        self.assertEqual(self.run_main()[0], 1)


if __name__ == "__main__":
    unittest.main()

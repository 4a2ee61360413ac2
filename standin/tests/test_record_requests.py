"""The stand-in records requests if asked to."""

from __future__ import annotations

import json
import tempfile
import unittest
from pathlib import Path

from standin.recording import VARIABLE, Request, read

from .support import StandIn, client, wait_for


class RecordRequestsTest(unittest.TestCase):
    def setUp(self) -> None:
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.path = Path(directory.name) / "requests.jsonl"
        self.standin = StandIn(**{VARIABLE: str(self.path)})
        self.addCleanup(self.standin.stop)
        self.addCleanup(client.cache_clear)

    def taken(self, word: str) -> list[Request]:
        return [request for request in read(self.path) if word in request.headers.get("authorization", "")]

    def test_requests_are_kept_as_they_came(self) -> None:
        self.standin.client("sqs").create_queue(QueueName="q", Attributes={"DelaySeconds": "5"})
        [request] = wait_for("the request", lambda: self.taken("/sqs/"))
        self.assertEqual((request.method, request.target), ("POST", "/"))
        self.assertEqual(request.headers["x-amz-target"], "AmazonSQS.CreateQueue")
        self.assertEqual(json.loads(request.body or b""), {"QueueName": "q", "Attributes": {"DelaySeconds": "5"}})

    def test_paths_and_queries_are_kept_encoded(self) -> None:
        s3 = self.standin.client("s3")
        s3.create_bucket(Bucket="bucket")
        s3.put_object(Bucket="bucket", Key="a b/ü", Body=b"text")
        s3.list_objects_v2(Bucket="bucket", Prefix="a b")
        requests = wait_for("all requests", lambda: (found := self.taken("/s3/"))[2:] and found)
        targets = [request.target for request in requests]
        self.assertEqual(targets, ["/bucket", "/bucket/a%20b/%C3%BC", "/bucket?list-type=2&prefix=a%20b&encoding-type=url"])
        self.assertIn(b"text", requests[1].body or b"")


if __name__ == "__main__":
    unittest.main()

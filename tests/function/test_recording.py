"""The stub records requests if asked to."""

from __future__ import annotations

import os
import tempfile
import unittest
import urllib.request
from pathlib import Path
from unittest import mock

from standin.recording import VARIABLE, read

from .stub.aws import Aws


class Recorded(unittest.TestCase):
    """The recording of the stub."""

    def test_requests_are_kept_as_they_came(self) -> None:
        with tempfile.TemporaryDirectory() as directory:
            path = Path(directory) / "requests.jsonl"
            with mock.patch.dict(os.environ, {VARIABLE: str(path)}), Aws() as aws:
                request = urllib.request.Request(aws.endpoints["S3"] + "/b/k%20k?x-id=PutObject", b"body", method="PUT")
                urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request).close()
            [kept] = read(path)
        self.assertEqual((kept.method, kept.target, kept.body), ("PUT", "/b/k%20k?x-id=PutObject", b"body"))
        self.assertEqual(kept.headers["content-length"], "4")

    def test_nothing_is_kept_unless_asked_for(self) -> None:
        with mock.patch.dict(os.environ):
            os.environ.pop(VARIABLE, None)
            with Aws() as aws:
                self.assertIsNone(aws._recording)


if __name__ == "__main__":
    unittest.main()

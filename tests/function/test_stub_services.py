"""The stub's outcomes of calls."""

from __future__ import annotations

import unittest
import urllib.request
from urllib.error import HTTPError

from .stub.aws import Aws


class OutcomeTest(unittest.TestCase):
    def test_a_key_that_is_taken_is_a_condition_that_does_not_hold(self) -> None:
        def put(headers: dict[str, str]) -> int:
            url = aws.endpoints["S3"] + "/bucket/scans/key.json"
            request = urllib.request.Request(url, b"{}", headers, method="PUT")
            try:
                with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request) as answer:
                    return answer.status
            except HTTPError as error:
                return error.code

        with Aws() as aws:
            answers = [put({"If-None-Match": "*"}), put({"If-None-Match": "*"}), put({})]
            self.assertEqual(answers, [200, 412, 403])
            self.assertEqual([call.outcome for call in aws.record.calls], ["done", "condition", "refused"])


if __name__ == "__main__":
    unittest.main()

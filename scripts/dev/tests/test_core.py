"""The wall around the core."""

from __future__ import annotations

import tomllib
import unittest

from dev.cargo_tree import parse
from dev.core import LIST, compare

TREE = """\
tag-compliance-core v0.1.0 (/src/crates/core) [schema]
regex v1.13.2 [std]
regex-automata v0.4.19 [std]
"""
ALLOWED = {"regex": ["regex-automata"]}


def linked(tree: str) -> set[str]:
    return {crate.name for crate in parse(tree)}


class Core(unittest.TestCase):
    def test_what_is_allowed_is_admitted(self) -> None:
        self.assertEqual(compare(linked(TREE), ALLOWED), [])

    def test_an_sdk_or_a_runtime_is_refused(self) -> None:
        self.assertEqual(
            compare(linked(TREE + "aws-sdk-ec2 v1.274.0 [rt-tokio]\ntokio v1.54.1 [rt]\n"), ALLOWED),
            [
                "tag-compliance-core links aws-sdk-ec2, which core.toml does not allow",
                "tag-compliance-core links tokio, which core.toml does not allow",
            ],
        )

    def test_what_is_allowed_and_gone_leaves_the_list(self) -> None:
        self.assertEqual(
            compare(linked(TREE), ALLOWED | {"hex": []}),
            ["core.toml allows hex, which tag-compliance-core does not link"],
        )

    def test_the_list_itself_names_no_sdk_and_no_runtime(self) -> None:
        allowed = tomllib.loads(LIST.read_text(encoding="utf-8"))["allowed"]
        names = {*allowed, *(name for brought in allowed.values() for name in brought)}
        self.assertEqual([name for name in names if name.startswith(("aws", "tokio", "lambda", "hyper"))], [])


if __name__ == "__main__":
    unittest.main()

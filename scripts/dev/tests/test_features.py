"""The comparison of the release's features with the tests'."""

from __future__ import annotations

import unittest

from dev.cargo_tree import Crate, parse
from dev.features import added, compare

RELEASE = """\
checker v0.1.0 (/src/lambda/checker) []
regex v1.13.2 [std,unicode-case]
serde v1.0.229 [default,std]
serde v1.0.229 [default,std] (*)
"""


class Features(unittest.TestCase):
    def test_a_tree_is_read_with_paths_repetitions_and_several_features(self) -> None:
        self.assertEqual(
            parse(RELEASE + "derive v0.3.6 (proc-macro) []\n"),
            {
                Crate("checker", "0.1.0"): frozenset(),
                Crate("regex", "1.13.2"): frozenset({"std", "unicode-case"}),
                Crate("serde", "1.0.229"): frozenset({"default", "std"}),
                Crate("derive", "0.3.6"): frozenset(),
            },
        )
        with self.assertRaisesRegex(ValueError, "not a line of cargo tree: 'serde'"):
            parse("serde\n")

    def test_only_what_the_release_has_is_compared(self) -> None:
        tests = RELEASE.replace("unicode-case", "unicode-case,unicode-age") + "proptest v1.12.0 [std]\n"
        self.assertEqual(added(parse(RELEASE), parse(tests)), ({"regex": {"unicode-age"}}, []))

    def test_what_the_tests_lack_is_a_fault_whatever_is_listed(self) -> None:
        tests = "checker v0.1.0 (/src/lambda/checker) []\nregex v1.13.2 [std]\nserde v1.0.228 [default,std]\n"
        self.assertEqual(
            added(parse(RELEASE), parse(tests)),
            ({}, ["regex 1.13.2: only the release has unicode-case", "serde 1.0.229 is in the release but in no test"]),
        )

    def test_every_difference_is_listed_and_every_entry_is_a_difference(self) -> None:
        listed = {"regex": {"features": ["unicode-age"], "reason": "proptest brings it"}}
        self.assertEqual(compare({"regex": {"unicode-age"}}, listed), [])
        self.assertEqual(
            compare({"regex": {"unicode-age", "unicode-bool"}, "tokio": {"test-util"}}, listed),
            [
                "regex: only the tests have unicode-bool, which features.toml does not list",
                "tokio: only the tests have test-util, which features.toml does not list",
            ],
        )
        self.assertEqual(
            compare({}, listed), ["regex: features.toml lists unicode-age, which is no longer a difference"]
        )

    def test_every_entry_has_features_and_a_reason(self) -> None:
        self.assertEqual(
            compare({"a": {"x"}}, {"a": {"features": ["x"]}, "b": {"features": [], "reason": "none"}}),
            ["a: features.toml gives no reason", "b: features.toml lists no feature"],
        )


if __name__ == "__main__":
    unittest.main()

"""The selections of the cargo commands in scripts and workflows."""

from __future__ import annotations

import unittest

from dev.cargo_tree import parse
from dev.selections import commands, compare, differing

SCRIPT = r"""
# cargo test without a selection, in a comment
needs_command cargo "Rust, from rustup"
cargo fmt --all --check
cargo fetch --locked
check rust-tests cargo test --locked --workspace --lib --test 'fuzz'
executables=$(cargo test --workspace --no-run 2>/dev/null | sed p)
PATH=$bin:$PATH waited cargo zigbuild --locked --package=checker \
  --no-default-features --target "$target" >&2
RUSTC_WORKSPACE_WRAPPER=$driver cargo build --workspace --all-targets -- --all-features
cargo build -p core
"""
REFERENCE = parse("aws-sdk-ec2 v1.0.0 [rt-tokio,test-util]\nserde v1.0.0 [std]\n")


class Selections(unittest.TestCase):
    def test_the_commands_that_build_are_found_with_what_they_select(self) -> None:
        self.assertEqual(
            [(command.selection, command.dev) for command in commands("test.sh", SCRIPT)],
            [
                (("--workspace",), True),
                (("--workspace",), True),
                (("--package", "checker", "--no-default-features"), False),
                (("--workspace",), True),
                (("-p", "core"), False),
            ],
        )
        self.assertEqual(commands("test.sh", SCRIPT)[1].text, "cargo test --workspace --no-run")

    def test_a_build_without_its_tests_differs_and_one_without_the_sdk_does_not_matter(self) -> None:
        [command] = commands("x", "cargo build --workspace")
        built = parse("aws-sdk-ec2 v1.0.0 [rt-tokio]\nserde v1.0.0 [std]\n")
        self.assertEqual(differing(command, built, REFERENCE), ["aws-sdk-ec2 1.0.0"])
        self.assertEqual(differing(command, REFERENCE, REFERENCE), [])
        self.assertEqual(differing(command, parse("serde v1.0.0 [alloc]\n"), REFERENCE), [])

    def test_a_command_that_selects_nothing_selects_by_chance(self) -> None:
        [command] = commands("x.sh", 'cargo test "${tests[@]}"')
        self.assertEqual(differing(command, REFERENCE, REFERENCE), ["(it says neither --workspace nor --package)"])

    def test_a_difference_needs_an_exception_and_an_exception_a_difference(self) -> None:
        [command] = commands("build.sh", "cargo build --release -p checker")
        exception = {"command": "cargo build --release", "reason": "optimized"}
        self.assertEqual(compare({command: ["aws-sdk-ec2 1.0.0"]}, [exception]), [])
        [fault] = compare({command: ["aws-sdk-ec2 1.0.0"]}, [])
        self.assertIn("build.sh: cargo build --release -p checker: builds 1 crates with other features", fault)
        [fault] = compare({command: []}, [exception])
        self.assertIn("no command that builds anything differently begins with cargo build --release", fault)
        [fault] = compare({command: ["x"]}, [{"command": "cargo build"}])
        self.assertIn("there is no reason", fault)


if __name__ == "__main__":
    unittest.main()

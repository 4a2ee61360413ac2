//! A report as a shell script of the fixes that take no guess.

use std::fmt::Write;

use tag_compliance_core::text::OneLine;

use super::{Report, fixes};
use crate::shown::{self, capital};

pub fn render(report: &Report<'_>) -> String {
    let mut text = String::new();
    let mut line = |line: &str| {
        // Writing to a string does not fail.
        let _ = writeln!(text, "{line}");
    };
    // A comment ends with its line.
    let comment = |text: &str| format!("# {}", OneLine(text));
    line("#!/bin/sh");
    line(&comment(&format!(
        "Fixes that take no guess, as of {}, by the policy {} ({}).",
        report.made_at,
        report.policy_name,
        shown::short(report.policy.fingerprint()),
    )));
    line("# Read it before you run it; it stops at the first command that fails.");
    line(&comment(&report.summary()));
    line("set -eu");
    let (mut commands, mut undecided) = (0, 0);
    for place in fixes::of(report) {
        line("");
        line(&comment(&capital(&place.title())));
        line(&comment(&format!("Next launch: {}", place.next_launch)));
        let certain = &place.certain;
        let next_launch = &place.certain_next_launch_commands;
        for command in certain.commands.iter().chain(next_launch) {
            line(command);
            commands += 1;
        }
        if !place.disputed.is_empty() {
            let tags = place.disputed.join(", ");
            line(&comment(&format!(
                "Decide yourself, for the next launch, because the instances differ: {tags}"
            )));
        }
        for (id, tags) in &place.undecided {
            line(&comment(&format!("Decide yourself, on {id}: {tags}")));
            undecided += 1;
        }
        for (id, tags) in &place.beyond {
            line(&comment(&format!("Left out, on {id}: {tags}")));
        }
    }
    line(&format!(
        "\n# Commands: {commands}; instances to decide yourself: {undecided}"
    ));
    text
}

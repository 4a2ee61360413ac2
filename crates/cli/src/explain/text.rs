//! An explanation for a terminal.

use std::fmt::Write;

use tag_compliance_core::evaluation::finding::Outcome;
use tag_compliance_core::evaluation::{Evaluation, Status};
use tag_compliance_core::policy::rule::Rule;
use tag_compliance_core::text::OneLine;

use super::{Conclusion, Explanation, outcome};
use crate::output::{BAD, BOLD, DIM, GOOD, WARN};
use crate::shown;

/// As wide as the longest word for an outcome, `not applicable`.
const OUTCOME_WIDTH: usize = 14;
const MAX_KEY_WIDTH: usize = 32;

/// A text; below a heading where it is one of several.
pub fn render(explanation: &Explanation<'_>, heading: Option<&str>) -> String {
    let mut text = Text(String::new());
    if let Some(heading) = heading {
        text.line(&format!("{DIM}{}{DIM:#}", OneLine(heading)));
    }
    headline(&mut text, explanation);
    facts(&mut text, explanation);
    if let Conclusion::Skipped = explanation.conclusion {
        let state = explanation.subject.instance.state;
        text.line(&format!(
            "\nThe instance is {state}: its tags no longer matter."
        ));
        return text.0;
    }
    text.heading("Scope");
    let in_or_out = if explanation.scope.is_in() {
        "in"
    } else {
        "out"
    };
    text.line(&format!("  {in_or_out}: {}", explanation.scope.reason()));
    if let Some(evaluation) = explanation.conclusion.evaluation() {
        rules(&mut text, explanation);
        exemptions(&mut text, evaluation);
    }
    text.0
}

fn headline(text: &mut Text, explanation: &Explanation<'_>) {
    let evaluation = explanation.conclusion.evaluation();
    let style = match evaluation.map(Evaluation::status) {
        Some(Status::Compliant) => GOOD,
        Some(Status::NonCompliant) => BAD,
        Some(Status::Exempt) => WARN,
        Some(Status::OutOfScope) | None => DIM,
    };
    let id = explanation.facts.instance_id().unwrap_or("this instance");
    let word = explanation.conclusion.as_str();
    let severity = evaluation.and_then(Evaluation::severity);
    let severity = severity.map(|severity| format!(" ({})", severity.as_str()));
    let severity = severity.unwrap_or_default();
    text.line(&format!(
        "{BOLD}{id}{BOLD:#}: {style}{word}{style:#}{severity}"
    ));
}

fn facts(text: &mut Text, explanation: &Explanation<'_>) {
    let subject = &explanation.subject;
    let instance = subject.instance;
    let not_given = || "not given".to_owned();
    let region = Some(subject.region).filter(|region| !region.is_empty());
    let launched = instance.launched_at.map(|at| {
        let age = shown::span(subject.now.since(at));
        format!("{at} ({age} before)")
    });
    let fingerprint = shown::short(explanation.policy.fingerprint());
    for (name, value) in [
        (
            "Account",
            instance
                .account_id
                .as_ref()
                .map_or_else(not_given, ToString::to_string),
        ),
        ("Region", region.map_or_else(not_given, str::to_owned)),
        ("State", instance.state.to_string()),
        ("Launched", launched.unwrap_or_else(not_given)),
        (
            "Judged as of",
            format!("{} ({})", subject.now, explanation.facts.now_is),
        ),
        (
            "Policy",
            format!("{} ({fingerprint})", explanation.policy_name),
        ),
    ] {
        text.line(&format!("  {name:<OUTCOME_WIDTH$}{}", OneLine(&value)));
    }
    if explanation.facts.tags_are_partial {
        let name = "Tags";
        text.line(&format!(
            "  {name:<OUTCOME_WIDTH$}those that the call set; the instance may have more"
        ));
    }
}

fn rules(text: &mut Text, explanation: &Explanation<'_>) {
    text.heading("Rules");
    let keys = explanation.policy.rules().iter().map(key);
    let width = keys.map(|key| key.chars().count()).max().unwrap_or(0);
    for (rule, outcome) in explanation.policy.outcomes(&explanation.subject) {
        text.rule(rule, &outcome, width.min(MAX_KEY_WIDTH));
    }
}

fn exemptions(text: &mut Text, evaluation: &Evaluation<'_>) {
    if evaluation.is_compliant() {
        return;
    }
    text.heading("Exemption");
    if let Some(exemption) = evaluation.exemption {
        text.line(&format!("  {WARN}valid{WARN:#}: {exemption}"));
    } else if evaluation.expired_exemptions.is_empty() {
        text.line("  none");
    }
    for exemption in &evaluation.expired_exemptions {
        text.line(&format!("  {BAD}expired{BAD:#}: {exemption}"));
    }
}

fn key(rule: &Rule) -> String {
    OneLine(&rule.key.text).to_string()
}

struct Text(String);

impl Text {
    fn line(&mut self, line: &str) {
        // Writing to a string does not fail.
        let _ = writeln!(self.0, "{}", line.trim_end());
    }

    fn heading(&mut self, heading: &str) {
        self.line(&format!("\n{BOLD}{heading}{BOLD:#}"));
    }

    fn rule(&mut self, rule: &Rule, outcome: &Outcome<'_>, key_width: usize) {
        let (word, style) = (outcome::word(outcome), outcome::style(outcome));
        let (key, detail) = (key(rule), outcome::detail(rule, outcome));
        let is_violation = outcome::is_violation(outcome);
        let severity = rule.severity.filter(|_| is_violation);
        let severity = severity.map(|severity| format!("({})", severity.as_str()));
        let parts: Vec<_> = detail.into_iter().chain(severity).collect();
        self.line(&format!(
            "  {style}{word:<OUTCOME_WIDTH$}{style:#}  {key:<key_width$}  {}",
            parts.join(" ")
        ));
        let description = rule.description.as_deref().filter(|_| is_violation);
        if let Some(description) = description {
            let indent = 2 + OUTCOME_WIDTH + 2 + key_width + 2;
            let (blank, description) = ("", OneLine(description));
            self.line(&format!("{blank:indent$}{DIM}{description}{DIM:#}"));
        }
    }
}

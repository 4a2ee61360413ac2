//! The alert for one violation, as text.

use super::{Mail, Text, console};
use crate::evaluation::Evaluation;
use crate::fix::Fix;
use crate::notification::Alert;
use crate::provenance::Maker;
use crate::text::{OneLine, list};

/// Renders the alert of one instance.
pub fn render(alert: &Alert<'_>) -> Mail {
    let Alert {
        subject,
        evaluation,
        ..
    } = alert;
    let instance = subject.instance;
    let severity = evaluation.severity();
    let mut body = Text::default();
    body.line("EC2 Instance Non-Compliant Alert\n");
    body.line(format_args!("Instance ID: {}", instance.id));
    body.line(format_args!("State: {}", instance.state));
    body.line(format_args!("Region: {}", subject.region));
    if let Some(operator) = &instance.operator {
        body.line(format_args!("Managed By: {operator}"));
    }
    if let Some(severity) = severity {
        body.line(format_args!("Severity: {}", severity.as_str()));
    }
    if let Some(account) = &instance.account_id {
        body.line(format_args!("Account: {account}"));
    }
    if let Some(launched_at) = instance.launched_at {
        body.line(format_args!("Launched: {launched_at}"));
    }
    if let Some(link) = console::instance(subject.region, &instance.id) {
        body.line(format_args!("Console: {link}"));
    }
    where_to_fix_it(&mut body, alert);
    violations(&mut body, evaluation);
    current_tags(&mut body, alert);
    let remedy = format!("\nPlease {} to ensure compliance.\n", remedy(evaluation));
    Mail {
        subject: format!("EC2 instance {} is not compliant", instance.id),
        body: body.ending_with(&remedy),
        severity,
    }
}

/// What made the instance, and how to fix it and the next one.
fn where_to_fix_it(body: &mut Text, alert: &Alert<'_>) {
    let (subject, evaluation) = (&alert.subject, alert.evaluation);
    let fix = Fix::of(subject, evaluation, alert.policy, |key| alert.shows(key));
    let Some(fix) = fix else { return };
    let here = if let Maker::Service { principal, .. } = fix.provenance.maker {
        // "Managed instances", Amazon EC2 user guide: only the service changes their settings.
        format!("This instance, as far as {principal} allows:")
    } else {
        if let Some(makers) = fix.provenance.made_by() {
            body.line(format_args!("Made By: {makers}"));
        }
        "This instance:".to_owned()
    };
    let next = format!("The next launch: {}", fix.next_launch);
    let indented = |commands: Vec<String>| {
        let lines = commands.into_iter();
        lines.map(|command| format!("  {command}"))
    };
    let lines = [here].into_iter().chain(indented(fix.commands));
    let lines = lines
        .chain([next])
        .chain(indented(fix.next_launch_commands));
    body.block("Where To Fix It", lines);
}

/// The blocks of findings.
fn violations(body: &mut Text, evaluation: &Evaluation<'_>) {
    if !evaluation.missing_tags.is_empty() {
        let missing = list(evaluation.missing_tags.iter().copied().map(OneLine));
        body.line(format_args!("\nMissing Tags: {missing}"));
    }
    let invalid = evaluation.invalid_tags.iter().map(ToString::to_string);
    body.block("Invalid Tags", invalid);
    let forbidden = evaluation.forbidden_tags.iter();
    body.block(
        "Forbidden Tags",
        forbidden.map(|tag| format!("{}: {}", tag.key.one_line(), tag.value.one_line())),
    );
    let misspelled = evaluation.misspelled_tags.iter();
    body.block(
        "Misspelled Tags",
        misspelled.map(|tag| {
            let (found, key) = (tag.found.one_line(), OneLine(tag.key));
            format!("{found}: did you mean {key}? If so, rename it.")
        }),
    );
    let rules = evaluation.violated_rules.iter();
    body.block(
        "About These Tags",
        rules.filter_map(|rule| {
            let description = rule.description.as_ref()?;
            Some(format!(
                "{}: {}",
                OneLine(&rule.key.text),
                OneLine(description)
            ))
        }),
    );
    let upcoming = evaluation.upcoming.iter();
    body.block(
        "Not Counted Yet",
        upcoming.map(|finding| {
            let (key, what) = (OneLine(&finding.rule.key.text), finding.outcome.as_str());
            let from = finding.enforced_from.in_words();
            format!("{key}: {what}, a violation from {from}")
        }),
    );
    let accepted = evaluation.exempt_findings.iter();
    body.block(
        "Accepted For Now",
        accepted.map(|finding| {
            let (key, what) = (OneLine(&finding.rule.key.text), finding.outcome.as_str());
            format!("{key}: {what}; {}", finding.exemption)
        }),
    );
    let expired = evaluation.expired_exemptions.iter();
    body.block("Expired Exemptions", expired.map(ToString::to_string));
}

fn current_tags(body: &mut Text, alert: &Alert<'_>) {
    let tags = &alert.subject.instance.tags;
    let shown = alert
        .policy
        .shown(tags)
        .iter()
        .filter(|(key, _)| alert.shows(key.raw()));
    let mut lines: Vec<_> = shown
        .map(|(key, value)| format!("{}: {}", key.one_line(), value.one_line()))
        .collect();
    let unshown = tags.len() - lines.len();
    if tags.is_empty() {
        lines.push("(none)".to_owned());
    } else if unshown > 0 {
        lines.push(format!("({unshown} not shown)"));
    }
    body.block("Current Tags", lines.into_iter());
}

fn remedy(evaluation: &Evaluation<'_>) -> String {
    let misspelled = evaluation.misspelled_tags.len();
    let nothing_to_add = evaluation.missing_tags.len() == misspelled;
    let steps = [
        ("rename", "misspelled", misspelled == 0),
        ("add", "missing", nothing_to_add),
        ("correct", "invalid", evaluation.invalid_tags.is_empty()),
        ("remove", "forbidden", evaluation.forbidden_tags.is_empty()),
    ];
    let needed = steps.iter().filter(|(_, _, nothing)| !nothing).enumerate();
    let mut steps: Vec<String> = needed
        .map(|(index, (verb, which, _))| {
            let tags = if index == 0 { "tags" } else { "ones" };
            format!("{verb} the {which} {tags}")
        })
        .collect();
    let last = steps.pop().unwrap_or_default();
    if steps.is_empty() {
        last
    } else {
        format!("{} and {last}", steps.join(", "))
    }
}

#[cfg(test)]
mod tests;

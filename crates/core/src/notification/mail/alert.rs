//! The alert for one violation, as text.

use super::{Mail, Text};
use crate::evaluation::Evaluation;
use crate::notification::places::Places;
use crate::notification::{Alert, console, findings};

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
        subject: alert.title(),
        body: body.ending_with(&remedy),
        severity,
    }
}

/// What made the instance, and how to fix it and the next one.
fn where_to_fix_it(body: &mut Text, alert: &Alert<'_>) {
    let places = Places::of(alert);
    let Some(places) = places else { return };
    if let Some(makers) = places.made_by {
        body.line(format_args!("Made By: {makers}"));
    }
    let indented = |commands: Vec<String>| {
        let lines = commands.into_iter();
        lines.map(|command| format!("  {command}"))
    };
    let lines = [format!("This instance{}:", places.limit)]
        .into_iter()
        .chain(indented(places.commands));
    let lines = lines
        .chain([format!("The next launch: {}", places.next)])
        .chain(indented(places.next_commands));
    body.block("Where To Fix It", lines);
}

/// The blocks of findings.
fn violations(body: &mut Text, evaluation: &Evaluation<'_>) {
    let missing: Vec<_> = findings::missing(evaluation).collect();
    if !missing.is_empty() {
        let (heading, missing) = (findings::MISSING, missing.join(", "));
        body.line(format_args!("\n{heading}: {missing}"));
    }
    for (heading, lines) in findings::blocks(evaluation) {
        body.block(heading, lines.into_iter());
    }
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

//! What people read of hostile tags and policies.

use proptest::prelude::*;
use serde_json::json;
use tag_compliance_core::evaluation::Evaluation;
use tag_compliance_core::fix::Fix;
use tag_compliance_core::instance::Tags;
use tag_compliance_core::notification::mail::{self, Mail};
use tag_compliance_core::notification::{Alert, AlertTags, Notification};
use tag_compliance_core::policy::{MASK, TagPolicy};
use tag_compliance_core::testing::{instance, policy, subject};

use crate::support::{Line, block, cases, check_message, hostile_policy, hostile_tags, shown};

/// The lines of an alert, built from the evaluation.
fn lines(evaluation: &Evaluation<'_>, fix: &Fix<'_>, policy: &TagPolicy, tags: &Tags) -> Vec<Line> {
    let exact = |text: &str| Line::Exact(text.to_owned());
    let mut lines = vec![
        exact("EC2 Instance Non-Compliant Alert"),
        exact(""),
        exact("Instance ID: i-1234567890abcdef0"),
        exact("State: running"),
        exact("Region: us-east-1"),
    ];
    if let Some(severity) = evaluation
        .violated_rules
        .iter()
        .filter_map(|rule| rule.severity)
        .max()
    {
        lines.push(Line::Exact(format!("Severity: {}", severity.as_str())));
    }
    lines.push(exact("Account: 123456789012"));
    lines.push(exact("Launched: 2026-01-01T00:00:00.000Z"));
    lines.push(Line::Between(
        "Console: https://us-east-1.",
        "i-1234567890abcdef0",
    ));
    if let Some(makers) = fix.provenance.made_by() {
        lines.push(Line::Exact(format!("Made By: {makers}")));
    }
    let commands = fix.commands.len() + fix.next_launch_commands.len();
    lines.extend(block("Where To Fix It", 2 + commands));
    if !evaluation.missing_tags.is_empty() {
        let missing: Vec<_> = evaluation
            .missing_tags
            .iter()
            .map(|key| shown(key))
            .collect();
        lines.push(exact(""));
        lines.push(Line::Exact(format!("Missing Tags: {}", missing.join(", "))));
    }
    lines.extend(block("Invalid Tags", evaluation.invalid_tags.len()));
    lines.extend(block("Forbidden Tags", evaluation.forbidden_tags.len()));
    lines.extend(block("Misspelled Tags", evaluation.misspelled_tags.len()));
    let described = evaluation
        .violated_rules
        .iter()
        .filter(|rule| rule.description.is_some());
    lines.extend(block("About These Tags", described.count()));
    lines.extend(block("Not Counted Yet", evaluation.upcoming.len()));
    lines.extend(block("Accepted For Now", evaluation.exempt_findings.len()));
    lines.extend(block(
        "Expired Exemptions",
        evaluation.expired_exemptions.len(),
    ));
    lines.extend(block("Current Tags", 1).into_iter().take(2));
    if tags.is_empty() {
        lines.push(exact("  (none)"));
    }
    let lines_of_tags = tags.iter().map(|(key, value)| {
        let masked = policy.masks(key.raw()).then(|| MASK.to_owned());
        let value = masked.unwrap_or_else(|| shown(value.raw()));
        Line::Exact(format!("  {}: {value}", shown(key.raw())))
    });
    lines.extend(lines_of_tags);
    lines.push(exact(""));
    lines.push(Line::Between("Please ", " to ensure compliance."));
    lines
}

fn check_alert(policy: &TagPolicy, tags: Tags) -> Result<Mail, TestCaseError> {
    let instance = instance(tags);
    let subject = subject(&instance);
    let evaluation = policy.evaluate(&subject);
    let alert = Notification::Alert(Alert {
        subject,
        evaluation: &evaluation,
        policy,
        tags: AlertTags::All,
    });
    let mail = mail::render(&alert);
    // Nothing else is alerted of.
    prop_assume!(!evaluation.is_compliant());
    let fix = Fix::of(&subject, &evaluation, policy, |_| true).unwrap();
    check_message(&mail, &lines(&evaluation, &fix, policy, &instance.tags), 2)?;
    prop_assert_eq!(&mail, &mail::render(&alert));
    Ok(mail)
}

proptest! {
    #![proptest_config(cases(200))]

    #[test]
    fn no_tag_and_no_policy_can_forge_a_line(policy in hostile_policy(), tags in hostile_tags()) {
        check_alert(&policy, tags)?;
    }
}

proptest! {
    // Texts of some 256 KiB.
    #![proptest_config(cases(3))]

    #[test]
    fn the_largest_policies_and_tags_are_cut_to_what_sns_takes(
        character in prop_oneof![Just('\u{e0041}'), Just('\u{1f680}'), Just('\n'), any::<char>()],
        rules in 1..51_usize,
        values in 1..40_usize,
    ) {
        let long = |n: usize, chars: usize| format!("{n:02}{}", character.to_string().repeat(chars - 2));
        let required = |n: usize| {
            let values: Vec<_> = (0..values).map(|n| long(n, 256)).collect();
            json!({"key": long(n, 128), "allowed_values": values, "description": long(n, 500)})
        };
        let required: Vec<_> = (0..rules).map(required).collect();
        let policy = policy(&json!({"required_tags": required}));
        let tags = (0..50).map(|n| (long(n, 128), long(n, 255))).collect();
        check_alert(&policy, tags)?;
    }
}

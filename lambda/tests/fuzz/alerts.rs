//! What a person reads of tags and policies that mean harm.

use proptest::prelude::*;
use serde_json::json;
use tag_compliance_checker::alert::Alert;
use tag_compliance_checker::instance::Tags;
use tag_compliance_checker::policy::TagPolicy;
use tag_compliance_checker::policy::verdict::Verdict;

use crate::support::{
    Line, block, cases, check_message, hostile_policy, hostile_tags, instance, policy, shown,
    subject,
};

/// The lines of an alert, by the verdict.
fn lines(verdict: &Verdict<'_>, tags: &Tags) -> Vec<Line> {
    let exact = |text: &str| Line::Exact(text.to_owned());
    let mut lines = vec![
        exact("EC2 Instance Non-Compliant Alert"),
        exact(""),
        exact("Instance ID: i-1234567890abcdef0"),
        exact("State: running"),
        exact("Region: us-east-1"),
    ];
    if let Some(severity) = verdict
        .violated_rules
        .iter()
        .filter_map(|rule| rule.severity)
        .max()
    {
        lines.push(Line::Exact(format!("Severity: {}", severity.as_str())));
    }
    if !verdict.missing_tags.is_empty() {
        let missing: Vec<_> = verdict.missing_tags.iter().map(|key| shown(key)).collect();
        lines.push(exact(""));
        lines.push(Line::Exact(format!("Missing Tags: {}", missing.join(", "))));
    }
    lines.extend(block("Invalid Tags", verdict.invalid_tags.len()));
    lines.extend(block("Forbidden Tags", verdict.forbidden_tags.len()));
    lines.extend(block("Misspelled Tags", verdict.misspelled_tags.len()));
    let described = verdict
        .violated_rules
        .iter()
        .filter(|rule| rule.description.is_some());
    lines.extend(block("About These Tags", described.count()));
    lines.extend(block(
        "Expired Exemptions",
        verdict.expired_exemptions.len(),
    ));
    lines.extend(block("Current Tags", 1).into_iter().take(2));
    if tags.is_empty() {
        lines.push(exact("  (none)"));
    }
    let tag = |(key, value): (&String, &String)| {
        Line::Exact(format!("  {}: {}", shown(key), shown(value)))
    };
    lines.extend(tags.iter().map(tag));
    lines.push(exact(""));
    lines.push(Line::Between("Please ", " to ensure compliance."));
    lines
}

fn check_alert(policy: &TagPolicy, tags: Tags) -> Result<Alert, TestCaseError> {
    let instance = instance(tags);
    let subject = subject(&instance);
    let verdict = policy.judge(&subject).unwrap();
    let alert = Alert::for_instance(&subject, &verdict);
    check_message(&alert, &lines(&verdict, &instance.tags), 2)?;
    prop_assert_eq!(&alert, &Alert::for_instance(&subject, &verdict));
    Ok(alert)
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

use serde_json::{Value, json};

use super::*;
use crate::instance::{Instance, InstanceState, Tags};
use crate::policy::document::Severity;
use crate::testing::{at, default_policy, instance, policy, subject, tags};

const BAD: &[(&str, &str)] = &[("Environment", "qa"), ("Owner", "web")];

fn numbered(n: u64, tags: Tags) -> Instance {
    let mut instance = instance(tags);
    instance.id = format!("i-{n:08x}").parse().unwrap();
    instance
}

fn add(totals: &mut Totals, policy: &TagPolicy, instance: &Instance) {
    let mut page = Totals::default();
    page.add(policy, instance, &policy.judge(&subject(instance)).unwrap());
    totals.merge(page);
}

fn digest<'a>(policy: &'a TagPolicy, totals: &'a Totals) -> SweepDigest<'a> {
    SweepDigest { policy, totals }
}

fn body(digest: SweepDigest<'_>) -> String {
    let now = at("2026-01-01T10:00:00Z");
    digest
        .to_alert("us-east-1", now, &["s3://logs/*".to_owned()])
        .body
}

/// The lines under a heading.
fn block<'a>(body: &'a str, heading: &str) -> Vec<&'a str> {
    let heading = format!("{heading}:");
    let lines = body.lines().skip_while(|line| **line != heading).skip(1);
    lines
        .take_while(|line| !line.is_empty())
        .map(str::trim)
        .collect()
}

#[test]
fn a_digest_counts_all_and_lists_the_oldest() {
    let policy = default_policy();
    let mut totals = Totals::default();
    assert!(!digest(&policy, &totals).has_news(at("2026-01-01T00:00:00Z")));
    let good = tags(&[
        ("Environment", "dev"),
        ("Owner", "web"),
        ("Application", "shop"),
    ]);
    add(&mut totals, &policy, &numbered(0, good));
    assert!(!digest(&policy, &totals).has_news(at("2026-01-01T00:00:00Z")));
    // The youngest first: a digest has to put each before those that it knows.
    for n in (1..=103).rev() {
        let mut bad = numbered(n, tags(BAD));
        bad.state = InstanceState::Stopped;
        bad.launched_at = Timestamp::from_epoch_millis(86_400_000 * i64::try_from(n).unwrap());
        add(&mut totals, &policy, &bad);
    }
    let mut ageless = numbered(999, tags(BAD));
    ageless.launched_at = None;
    add(&mut totals, &policy, &ageless);
    totals.provisional = 2;
    totals.out_of_scope = 3;
    assert!(digest(&policy, &totals).has_news(at("2026-01-01T00:00:00Z")));

    let objects = audit_objects("us-east-1", "logs", "scans/2025-12-03/fleet-1-");
    let alert =
        digest(&policy, &totals).to_alert("us-east-1", at("2026-01-01T10:00:00Z"), &objects);
    assert_eq!(
        alert.subject,
        "EC2 tag sweep: 104 of 105 instances not compliant"
    );
    assert!(
        alert.body.starts_with(
            "EC2 Tag Compliance Sweep\n\
             \n\
             Region: us-east-1\n\
             Checked: 105\n\
             Compliant: 1 (0.9 %)\n\
             Non-Compliant: 104\n\
             Not Settled Yet: 2\n\
             Out of Scope: 3\n\
             \n\
             Violations by Tag:\n\
             \x20 Application: 104 missing\n\
             \x20 Environment: 104 invalid\n\
             \n\
             Violations by Owner:\n\
             \x20 web: 104\n\
             \n\
             Non-Compliant Instances, Oldest First:\n\
             \x20 i-00000001 (stopped, launched 1970-01-02): missing Application; invalid Environment\n\
             \x20 i-00000002 (stopped, launched 1970-01-03): "
        ),
        "{}",
        alert.body
    );
    assert!(
        alert.body.ends_with(
            "  i-00000064 (stopped, launched 1970-04-11): missing Application; invalid Environment\n\
             \x20 … and 4 more\n\
             \n\
             Audit Records:\n\
             \x20 s3://logs/scans/2025-12-03/fleet-1-*.jsonl\n\
             \x20 https://us-east-1.console.aws.amazon.com/s3/buckets/logs?region=us-east-1&prefix=scans/2025-12-03/fleet-1-\n"
        ),
        "{}",
        alert.body
    );
}

#[test]
fn an_instance_of_unknown_age_comes_last() {
    let policy = default_policy();
    let mut totals = Totals::default();
    let mut ageless = numbered(1, tags(BAD));
    ageless.launched_at = None;
    add(&mut totals, &policy, &ageless);
    add(&mut totals, &policy, &numbered(2, tags(BAD)));
    let body = body(digest(&policy, &totals));
    let listed = block(&body, "Non-Compliant Instances, Oldest First");
    assert_eq!(
        listed,
        [
            "i-00000002 (running, launched 2026-01-01): missing Application; invalid Environment",
            "i-00000001 (running): missing Application; invalid Environment",
        ]
    );
}

#[test]
fn violations_are_grouped_by_tag_the_most_first() {
    let policy = policy(&json!({
        "required_tags": [{"key": "Owner", "severity": "low"}, {"key": "Stage", "pattern": "x"}],
        "forbidden_tags": [{"key": "temp", "ignore_key_case": true, "severity": "high"}],
    }));
    let mut totals = Totals::default();
    for (n, pairs) in [
        &[("Stage", "y"), ("Temp", "1")][..],
        &[("Stage", "z"), ("Owner", "a")],
        &[("Owner", "b"), ("TEMP", "1")],
    ]
    .iter()
    .enumerate()
    {
        add(&mut totals, &policy, &numbered(n as u64, tags(pairs)));
    }
    let body = body(digest(&policy, &totals));
    assert_eq!(
        block(&body, "Violations by Tag"),
        [
            "Stage: 1 missing, 2 invalid",
            "temp: 2 forbidden",
            "Owner: 1 missing"
        ]
    );
    let listed = block(&body, "Non-Compliant Instances, Oldest First");
    assert!(
        listed[0].ends_with("missing Owner; invalid Stage; forbidden Temp"),
        "{listed:?}"
    );
    let alert = digest(&policy, &totals).to_alert("us-east-1", at("2026-01-01T00:00:00Z"), &[]);
    assert_eq!(alert.severity, Some(Severity::High));
}

#[test]
fn violations_are_grouped_by_owner_and_many_owners_are_summed_up() {
    let policy = policy(&json!({"required_tags": [{"key": "Stage"}], "owner_tag": "Team"}));
    let mut totals = Totals::default();
    let mut n = 0;
    let mut add_for = |owner: Option<&str>, count: u64| {
        for _ in 0..count {
            n += 1;
            let owner: Vec<_> = owner.iter().map(|owner| ("Team", *owner)).collect();
            add(&mut totals, &policy, &numbered(n, tags(&owner)));
        }
    };
    add_for(None, 3);
    add_for(Some(" "), 1);
    add_for(Some("web\nOwner: x"), 5);
    for owner in 0..1_100 {
        add_for(Some(&format!("team-{owner:04}")), 1);
    }
    add_for(Some("web\nOwner: x"), 1);
    let body = body(digest(&policy, &totals));
    let lines = block(&body, "Violations by Owner");
    assert_eq!(
        lines[..3],
        ["web\\u{a}Owner: x: 6", "(no Team): 4", "team-0000: 1"]
    );
    assert_eq!(lines.len(), SweepDigest::MAX_OWNERS + 1);
    assert_eq!(lines.last(), Some(&"… and 1082 of other owners"));
    assert_eq!(totals.by_owner.len(), Totals::MAX_COUNTED_OWNERS);
}

#[test]
fn exemptions_are_counted_and_expired_ones_are_reported() {
    let exemption = |owner: &str, expires: &str, key: &str| json!({"owner": owner, "reason": "lab", "expires": expires, "when": {"tags": [{"key": key}]}});
    let exemptions =
        |list: &[Value]| policy(&json!({"required_tags": [{"key": "Stage"}], "exemptions": list}));
    let valid = exemptions(&[exemption("web", "2026-12-31", "Lab")]);
    let mut totals = Totals::default();
    add(&mut totals, &valid, &numbered(1, tags(&[("Lab", "1")])));
    let now = at("2026-01-01T10:00:00Z");
    assert!(
        !digest(&valid, &totals).has_news(now),
        "an exempt instance is no news"
    );
    assert!(body(digest(&valid, &totals)).contains("\nNon-Compliant: 0\nExempt: 1\n"));

    let expired = exemptions(&[
        exemption("web", "2025-12-31", "Lab"),
        exemption("api", "2025-12-30", "Move"),
        exemption("db", "2026-12-30", "Db"),
    ]);
    let mut totals = Totals::default();
    assert!(
        digest(&expired, &totals).has_news(now),
        "an expired exemption is"
    );
    add(&mut totals, &expired, &numbered(1, tags(&[("Lab", "1")])));
    assert_eq!(
        block(&body(digest(&expired, &totals)), "Expired Exemptions"),
        [
            "web, until 2025-12-31: lab: 1 violations",
            "api, until 2025-12-30: lab: 0 violations"
        ]
    );
}

#[test]
fn pages_that_are_counted_apart_come_to_the_same() {
    let policy = policy(&json!({
        "required_tags": [{"key": "Environment", "allowed_values": ["dev"]}, {"key": "Owner"}],
        "forbidden_tags": [{"key": "Secret", "severity": "high"}],
        "exemptions": [{"owner": "web", "reason": "lab", "expires": "2025-12-31", "when": {"tags": [{"key": "Lab"}]}}],
    }));
    let of_many_kinds = (0..1_500).map(|n: u64| {
        let owner = format!("team-{}", n % 450);
        let mut all = vec![(
            "Environment",
            ["dev", "qa"][usize::from(n.is_multiple_of(3))],
        )];
        if !n.is_multiple_of(5) {
            all.push(("Owner", &owner));
        }
        if n.is_multiple_of(7) {
            all.push(("Secret", "x"));
        }
        if n.is_multiple_of(11) {
            all.push(("Lab", "1"));
        }
        let mut instance = numbered(n, tags(&all));
        instance.launched_at = Timestamp::from_epoch_millis(i64::try_from(n * 37 % 1_000).unwrap());
        instance
    });
    let (mut whole, mut of_pages) = (Totals::default(), Totals::default());
    let instances: Vec<_> = of_many_kinds.collect();
    for page in instances.chunks(200) {
        let mut totals = Totals {
            provisional: 1,
            out_of_scope: 2,
            ..Totals::default()
        };
        for instance in page {
            add(&mut whole, &policy, instance);
            totals.add(
                &policy,
                instance,
                &policy.judge(&subject(instance)).unwrap(),
            );
        }
        of_pages.merge(totals);
    }
    (whole.provisional, whole.out_of_scope) = (8, 16);
    assert!(whole.severity.is_some() && !whole.unexempted.is_empty());
    assert_eq!(whole.oldest.len(), Totals::MAX_LISTED);
    assert_eq!(of_pages, whole);

    let mut full = Totals::default();
    for n in 0..1_000 {
        let owner = format!("team-{n}");
        add(&mut full, &policy, &numbered(n, tags(&[("Owner", &owner)])));
    }
    assert_eq!(full.by_owner.len(), Totals::MAX_COUNTED_OWNERS);
    assert_eq!(full.of_more_owners, 500);
    let mut page = Totals::default();
    for n in (0..1_000).rev() {
        let instance = numbered(n, tags(&[("Owner", &format!("team-{n}"))]));
        page.add(
            &policy,
            &instance,
            &policy.judge(&subject(&instance)).unwrap(),
        );
    }
    full.merge(page);
    assert!(
        full.by_owner.values().all(|violations| *violations == 2),
        "an owner who is counted apart stays so, whatever the order"
    );
    assert_eq!(full.of_more_owners, 1_000);
}

#[test]
fn a_digest_of_nothing_has_no_share() {
    let policy = default_policy();
    let body = body(digest(&policy, &Totals::default()));
    assert_eq!(
        body,
        "EC2 Tag Compliance Sweep\n\nRegion: us-east-1\nChecked: 0\nCompliant: 0\n\
         Non-Compliant: 0\n\nAudit Records:\n  s3://logs/*\n"
    );
    assert_eq!(share(1_999, 2_000), " (99.9 %)");
    assert_eq!(share(2_000, 2_000), " (100.0 %)");
}

#[test]
fn each_partition_has_a_console_of_its_own() {
    for (region, url) in [
        ("eu-west-1", "https://eu-west-1.console.aws.amazon.com/"),
        ("cn-north-1", "https://cn-north-1.console.amazonaws.cn/"),
        (
            "us-gov-west-1",
            "https://us-gov-west-1.console.amazonaws-us-gov.com/",
        ),
    ] {
        let [_, link] = audit_objects(region, "logs", "scans/");
        assert!(link.starts_with(url), "{link}");
    }
}

#[test]
fn the_largest_digest_fits() {
    let worst = |chars: usize| "\u{e0001}".repeat(chars);
    let required = |n: usize| json!({"key": format!("{n:02}{}", worst(126))});
    let policy = policy(&json!({"required_tags": (0..50).map(required).collect::<Vec<_>>()}));
    let mut totals = Totals::default();
    for n in 0..200 {
        let owner = format!("{n}{}", worst(250));
        add(
            &mut totals,
            &policy,
            &numbered(n, tags(&[("Owner", &owner)])),
        );
    }
    let body = body(digest(&policy, &totals));
    assert!(body.len() <= crate::alert::MAX_BODY_BYTES, "{}", body.len());
    assert!(body.ends_with("\nAudit Records:\n  s3://logs/*\n"));
}

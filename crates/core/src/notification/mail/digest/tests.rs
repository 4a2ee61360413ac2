mod groups;
mod upcoming;

use serde_json::{Value, json};

use super::super::MAX_BODY_BYTES;
use super::*;
use crate::instance::InstanceState;
use crate::policy::TagPolicy;
use crate::sweep::standing::Standing;
use crate::sweep::totals::Totals;
use crate::testing::{add, at, default_policy, numbered, policy, tags};
use crate::timestamp::Timestamp;

const BAD: &[(&str, &str)] = &[("Environment", "qa"), ("Owner", "web")];

fn digest<'a>(policy: &'a TagPolicy, totals: &'a Totals) -> Digest<'a> {
    Digest {
        region: "us-east-1",
        policy,
        totals,
        now: at("2026-01-01T10:00:00Z"),
        log_bucket: "logs",
        record_prefix: "scans/2025-12-03/fleet-1-",
    }
}

fn body(digest: Digest<'_>) -> String {
    render(&digest).body
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
    assert!(!digest(&policy, &totals).has_news());
    let good = tags(&[
        ("Environment", "dev"),
        ("Owner", "web"),
        ("Application", "shop"),
    ]);
    add(&mut totals, &policy, &numbered(0, good));
    assert!(!digest(&policy, &totals).has_news());
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
    totals.ended_in_grace = 4;
    totals.tally.counts.out_of_scope = 3;
    assert!(digest(&policy, &totals).has_news());

    let mail = render(&digest(&policy, &totals));
    assert_eq!(
        mail.subject,
        "EC2 tag sweep: 104 of 105 instances not compliant"
    );
    insta::assert_snapshot!(mail.body);
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
            "i-00000002 (running, launched 2026-01-01, owner web, violating since 2026-01-01): missing Application; invalid Environment (one of dev, staging, prod)",
            "i-00000001 (running, owner web, violating since 2026-01-01): missing Application; invalid Environment (one of dev, staging, prod)",
        ]
    );
}

#[test]
fn a_digest_tells_what_has_become_of_what_is_remembered() {
    let policy = default_policy();
    let mut totals = Totals::default();
    let mut standing = Standing::default();
    (standing.open, standing.new) = (9, 2);
    (standing.suspects, standing.untold) = (1, 4);
    for days in [1, 3, 8, 9] {
        standing.add_age(std::time::Duration::from_hours(24 * days), &[1, 3, 7]);
    }
    for n in 0..102 {
        standing.missed.add(format!("i-{n:08x}: since then"));
    }
    standing.resolved.add("i-00000001: compliant".to_owned());
    standing.muted.add("i-00000002: until then".to_owned());
    totals.standing = standing;
    let body = body(digest(&policy, &totals));
    let counts = "\nNew: 2\nResolved: 1\nMissed by Events: 102\nFound by This Sweep: 1\nMuted: 1\nAlert Overdue: 4\n";
    assert!(body.contains(counts), "{body}");
    assert_eq!(
        block(&body, "Overdue"),
        [
            "7 days or longer: 2",
            "3 days or longer: 1",
            "1 day or longer: 1"
        ]
    );
    let missed = block(&body, "Missed by Events");
    assert_eq!((missed.len(), missed[0]), (101, "i-00000000: since then"));
    assert_eq!(missed[100], "… and 2 more");
    assert_eq!(block(&body, "Resolved"), ["i-00000001: compliant"]);
    assert_eq!(block(&body, "Muted"), ["i-00000002: until then"]);
}

#[test]
fn exemptions_are_counted_and_expired_ones_are_reported() {
    let exemption = |owner: &str, expires: &str, key: &str| json!({"owner": owner, "reason": "lab", "expires": expires, "when": {"tags": [{"key": key}]}});
    let exemptions =
        |list: &[Value]| policy(&json!({"required_tags": [{"key": "Stage"}], "exemptions": list}));
    let valid = exemptions(&[exemption("web", "2026-12-31", "Lab")]);
    let mut totals = Totals::default();
    add(&mut totals, &valid, &numbered(1, tags(&[("Lab", "1")])));
    assert!(
        !digest(&valid, &totals).has_news(),
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
        digest(&expired, &totals).has_news(),
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
fn a_digest_of_nothing_has_no_share() {
    let policy = default_policy();
    let body = body(digest(&policy, &Totals::default()));
    insta::assert_snapshot!(body);
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
        (
            "eusc-de-east-1",
            "https://eusc-de-east-1.console.amazonaws-eusc.eu/",
        ),
    ] {
        let (policy, totals) = (default_policy(), Totals::default());
        let digest = Digest {
            region,
            ..digest(&policy, &totals)
        };
        let link = digest.records_page().unwrap();
        assert!(link.starts_with(url), "{link}");
    }
}

#[test]
fn where_the_console_is_unknown_there_is_no_link() {
    for region in [
        "us-iso-east-1",
        "us-isob-east-1",
        "eu-isoe-west-1",
        "xx-new-1",
    ] {
        let (policy, totals) = (default_policy(), Totals::default());
        let digest = Digest {
            region,
            ..digest(&policy, &totals)
        };
        assert_eq!(digest.records_page(), None, "{region}");
        assert!(!body(digest).contains("https://"), "{region}");
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
    assert!(body.len() <= MAX_BODY_BYTES, "{}", body.len());
    let (_, records) = body.rsplit_once("\n\n").unwrap();
    assert!(records.starts_with("Audit Records:\n  s3://logs/scans/"));
}

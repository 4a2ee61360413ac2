//! Texts that are long or hostile.

use proptest::collection::btree_map;
use proptest::prelude::*;

use super::*;
use crate::notification::mail::MAX_BODY_BYTES;

#[test]
fn tag_text_cannot_forge_a_line() {
    let forged = "x\nMissing Tags: none\r\u{2028}State: stopped";
    let alert = alert_for(tags(&[
        ("Owner", forged),
        ("Name\nState: stopped", "\u{85}State: x"),
    ]));
    let lines: Vec<_> = alert.body.lines().collect();
    assert_eq!(
        lines
            .iter()
            .filter(|line| line.starts_with("State:"))
            .count(),
        1
    );
    assert_eq!(
        lines
            .iter()
            .filter(|line| line.starts_with("Missing Tags:"))
            .count(),
        1
    );
    assert!(!alert.body.contains(['\r', '\u{2028}', '\u{85}']));
}

#[test]
fn the_largest_tags_that_aws_allows_fit() {
    // U+E0001 is written as 9 bytes, more than any other character.
    let worst = |chars: usize| "\u{e0001}".repeat(chars);
    let tags: Tags = (0..50)
        .map(|n| (format!("{n:02}{}", worst(126)), worst(256)))
        .collect();
    let alert = alert_for(tags);
    assert!(alert.body.len() <= MAX_BODY_BYTES);
    assert!(alert.body.contains("49\\u{e0001}"), "all 50 tags are there");

    let required = |n: usize| {
        let values: Vec<_> = (0..20).map(|n| format!("{n:02}{}", worst(254))).collect();
        json!({"key": format!("{n:02}{}", worst(126)), "allowed_values": values})
    };
    let policy = policy(&json!({"required_tags": (0..50).map(required).collect::<Vec<_>>()}));
    let tags = (0..50)
        .map(|n| (format!("{n:02}{}", worst(126)), format!("x{}", worst(255))))
        .collect();
    let alert = alert_by(&policy, tags);
    assert!(alert.body.len() <= MAX_BODY_BYTES, "{}", alert.body.len());
    assert!(
        alert
            .body
            .contains(" more lines were cut.\n\nPlease correct")
    );
}

#[test]
fn an_alert_is_cut_as_soon_as_it_would_be_too_long() {
    // Each of these characters is shown by nine. The tags' values fill what is left, and the length of
    // the last one decides.
    let invisible = |count| "\u{e0001}".repeat(count);
    let description = format!("x{}", invisible(499));
    let rules: Vec<_> = (0..50)
        .map(|n| json!({"key": format!("K{n:0>2}"), "description": description}))
        .collect();
    let policy = policy(&json!({"required_tags": rules}));
    let alert = |count: usize, last: &str| {
        let others = (0..16).map(|n| (format!("T{n:0>2}"), format!("x{}", invisible(count))));
        let last = ("Last".to_owned(), last.to_owned());
        alert_by(&policy, others.chain([last]).collect())
    };
    let left = MAX_BODY_BYTES - alert(0, "v").body.len();
    let count = (left - 125) / 9 / 16;
    let mut longest = 0;
    let mut cut = 0;
    for length in 1..=250 {
        let alert = alert(count, &"v".repeat(length));
        assert!(alert.body.len() <= MAX_BODY_BYTES, "{length}");
        longest = longest.max(alert.body.len());
        cut += usize::from(alert.body.contains(" lines were cut."));
    }
    assert!(0 < cut && cut < 250, "{cut}");
    assert!(
        longest >= MAX_BODY_BYTES - 1,
        "nothing is cut before it must be: {longest}"
    );
}

proptest! {
    // Making the texts takes long.
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn every_alert_keeps_the_limits_of_sns(
        tags in btree_map(".{1,20}|\\PC{1,128}", ".{0,40}|(.|\n){0,256}", 0..50)
    ) {
        let tags = Tags::from_iter(tags);
        let alert = alert_for(tags.clone());
        prop_assert!(alert.subject.is_ascii() && alert.subject.len() < 100);
        prop_assert!(!alert.subject.contains('\n'));
        prop_assert!(alert.body.len() <= MAX_BODY_BYTES);
        let listed = alert.body.lines().skip_while(|line| *line != "Current Tags:").skip(1);
        prop_assert_eq!(
            listed.take_while(|line| !line.is_empty()).count(),
            tags.len().max(1)
        );
    }
}

use std::collections::HashSet;

use serde_json::{Value, json};

use super::*;
use crate::testing::{default_policy, instance, policy, tags};
use crate::text::Untrusted;

#[test]
fn the_owner_is_named_by_its_tag() {
    assert_eq!(default_policy().owner_tag(), "Owner");
    let team = policy(&json!({"required_tags": [{"key": "Team"}], "owner_tag": "Team"}));
    assert_eq!(team.owner_tag(), "Team");
    for (value, owner) in [
        ("web", Some("web")),
        (" web\t", Some("web")),
        ("\u{200b}web\u{3164}", Some("web")),
        ("we\u{200b}b", Some("we\u{200b}b")),
        (" ", None),
        ("\u{200b}\u{2800}", None),
    ] {
        let instance = instance(tags(&[("Team", value)]));
        assert_eq!(
            team.owner_of(&instance).map(Untrusted::raw),
            owner,
            "{value:?}"
        );
    }
    assert_eq!(team.owner_of(&instance(tags(&[]))), None);
}

#[test]
fn a_variable_holds_a_policy_as_it_is_or_packed() {
    let document = json!({"required_tags": [{"key": "Owner"}]}).to_string();
    let policy = TagPolicy::from_json(&document).unwrap();
    let packed = |bytes: &[u8]| crate::packed::pack(bytes).unwrap();
    for text in [format!(" {document}\n"), packed(document.as_bytes())] {
        assert_eq!(TagPolicy::from_variable(&text).unwrap(), policy);
    }
    for text in [packed(b"\xff{"), "%".to_owned()] {
        let error = TagPolicy::from_variable(&text).unwrap_err();
        assert_eq!(
            error.0.iter().map(PolicyError::at).collect::<Vec<_>>(),
            [None]
        );
        let error = error.to_string();
        let expected = "expected the JSON of a tag policy, or that gzipped in base64, got ";
        assert!(error.starts_with(expected), "{error}");
    }
}

#[test]
fn the_fingerprint_tells_policies_apart() {
    let policies = [
        json!({"required_tags": [{"key": "a"}]}),
        json!({"required_tags": [{"key": "b"}]}),
        json!({"required_tags": [{"key": "a"}, {"key": "b"}]}),
        json!({"required_tags": [{"key": "b"}, {"key": "a"}]}),
        json!({"required_tags": [{"key": "a", "allowed_values": ["1", "2"]}]}),
        json!({"required_tags": [{"key": "a", "allowed_values": ["12"]}]}),
        json!({"required_tags": [{"key": "a"}], "forbidden_tags": [{"key": "b"}]}),
        json!({"required_tags": [{"key": "a"}], "owner_tag": "b"}),
    ];
    let fingerprint = |document: &Value| policy(document).fingerprint().to_owned();
    let fingerprints: HashSet<_> = policies.iter().map(fingerprint).collect();
    assert_eq!(fingerprints.len(), policies.len());
    assert!(fingerprints.iter().all(|text| text.len() == 64));
    let with_schema = json!({"$schema": "s", "required_tags": [{"key": "a", "when": null}]});
    assert_eq!(fingerprint(&with_schema), fingerprint(&policies[0]));
}

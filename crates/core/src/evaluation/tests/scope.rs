//! Which instances are evaluated.

use serde_json::Value;

use super::*;

#[test]
fn the_scope_says_which_instances_are_evaluated() {
    let stage = |value: &str| json!({"tags": [{"key": "Stage", "values": [value]}]});
    let group = json!({"auto_scaling_groups": ["web"]});
    let required = json!([{"key": "Owner"}]);
    let evaluated = |scope: Value, pairs: &[(&str, &str)]| {
        let policy = policy(&json!({"required_tags": required, "scope": scope}));
        let instance = instance(tags(pairs));
        policy.scope(&subject(&instance)).is_in()
    };
    let web = [("aws:autoscaling:groupName", "web"), ("Stage", "dev")];
    assert!(evaluated(json!({}), &[]));
    assert!(evaluated(json!({"include": [stage("prod"), group]}), &web));
    assert!(!evaluated(json!({"include": [stage("prod")]}), &web));
    assert!(!evaluated(json!({"exclude": [stage("prod"), group]}), &web));
    assert!(evaluated(json!({"exclude": [stage("prod")]}), &web));
    assert!(!evaluated(
        json!({"include": [group], "exclude": [stage("dev")]}),
        &web
    ));
}

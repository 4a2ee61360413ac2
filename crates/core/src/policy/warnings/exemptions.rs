//! Exemptions that accept nothing, or everything.

use super::super::TagPolicy;
use super::super::exemption::Exemption;
use super::PolicyWarning;
use super::logic::implies;
use super::parts::{exemption, rules};
use super::twice;
use crate::timestamp::Timestamp;

pub(super) fn of(policy: &TagPolicy, now: Timestamp) -> Vec<PolicyWarning> {
    let exemptions = policy.exemptions.iter();
    exemptions.flat_map(|it| of_one(policy, it, now)).collect()
}

fn of_one(policy: &TagPolicy, ours: &Exemption, now: Timestamp) -> Vec<PolicyWarning> {
    let path = exemption(ours.index);
    let rules = rules(policy);
    let mut found = Vec::new();
    if ours.has_expired(now) {
        let what = format!("it expired on {}; renew or remove it", ours.expires);
        return vec![PolicyWarning::new(path.field("expires"), what)];
    }
    if !rules.iter().any(|(_, rule)| ours.covers(rule)) {
        let what =
            "it accepts nothing, since forbidden tags are exempt only by name; name them in keys";
        found.push(PolicyWarning::new(path.clone(), what));
    }
    let mut before = policy.exemptions.iter().take(ours.index);
    let is_same =
        |it: &&Exemption| it.when == ours.when && it.keys == ours.keys && !it.has_expired(now);
    if let Some(other) = before.find(is_same) {
        let what = format!(
            "{} exempts the same; remove one of the two",
            exemption(other.index)
        );
        found.push(PolicyWarning::new(path.clone(), what));
    }
    let hidden = rules.iter().find(|(_, rule)| {
        let when = rule.when.as_ref();
        ours.covers(rule) && when.is_some_and(|when| implies(when, &ours.when))
    });
    if let Some((rule, _)) = hidden {
        let what =
            format!("every instance that {rule} is for meets it; narrow it, or remove the rule");
        found.push(PolicyWarning::new(path.field("when"), what));
    }
    let keys: Vec<_> = ours.keys.iter().flatten().map(String::as_str).collect();
    found.extend(twice(&path.field("keys"), &keys, false));
    found
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::super::lines;
    use super::*;
    use crate::testing::policy;

    fn found(document: &Value) -> String {
        let now = "2026-11-27T00:00:00Z".parse().unwrap();
        lines(&of(&policy(document), now))
    }

    #[test]
    fn an_exemption_that_accepts_nothing_or_a_whole_rule_is_pointed_out() {
        let exemption = |when: Value| json!({"owner": "x", "reason": "x", "expires": "2030-01-01", "when": when});
        let with = |mut exemption: Value, name: &str, value: Value| {
            exemption[name] = value;
            exemption
        };
        let (lab, web) = (
            json!({"regions": ["eu-west-1"]}),
            json!({"regions": ["eu-west-2"]}),
        );
        let expired = with(exemption(lab.clone()), "expires", json!("2026-11-26"));
        let document = json!({
            "required_tags": [{"key": "Owner"}, {"key": "Plan", "when": {"regions": ["eu-west-1"], "states": ["stopped"]}}],
            "exemptions": [
                exemption(web.clone()),
                expired,
                exemption(web.clone()),
                exemption(lab.clone()),
                with(exemption(lab.clone()), "keys", json!(["Owner"])),
                with(exemption(lab), "keys", json!(["Plan", "Owner", "Plan"])),
            ],
        });
        insta::assert_snapshot!(found(&document));
        let forbidding = json!({
            "forbidden_tags": [{"key": "Temp"}],
            "exemptions": [
                exemption(web.clone()),
                with(exemption(web), "keys", json!(["Temp"])),
            ],
        });
        assert_eq!(
            found(&forbidding),
            "exemptions[0]: it accepts nothing, since forbidden tags are exempt only by name; name them in keys"
        );
    }
}

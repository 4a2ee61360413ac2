//! What is valid in a policy, and probably not meant.
//!
//! Whoever tags an instance must not get rid of the policy in silence.

use std::fmt;

use super::TagPolicy;
use super::condition::{Condition, Test};
use super::wildcards::{self, Wildcard};

/// A condition that whoever tags an instance can make true or false, and so leave the policy; or a text
/// that is taken for another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PolicyWarning {
    /// The condition of `scope.exclude` at this place holds where they want it to.
    Exclude(usize),
    /// The exemption at this place holds where they want it to.
    Exemption(usize),
    /// No condition of `scope.include` holds where they do not want it to.
    Include,
    /// A text looks like a pattern.
    Wildcard(Wildcard),
}

impl TagPolicy {
    /// The conditions that whoever tags an instance controls, and then the wildcards that are none, each
    /// in the order of the policy.
    pub fn warnings(&self) -> impl Iterator<Item = PolicyWarning> {
        let include = self.include().is_some_and(|conditions| {
            let mut conditions = conditions.iter();
            conditions.all(|condition| condition.tests().iter().any(is_of_taggers))
        });
        let exclude = self.exclude().iter().enumerate();
        let exclude = exclude.filter(|(_, condition)| can_be_fulfilled(condition));
        let exemptions = self.exemptions().iter();
        let exemptions = exemptions.filter(|exemption| can_be_fulfilled(&exemption.when));
        include
            .then_some(PolicyWarning::Include)
            .into_iter()
            .chain(exclude.map(|(place, _)| PolicyWarning::Exclude(place)))
            .chain(exemptions.map(|exemption| PolicyWarning::Exemption(exemption.index)))
            .chain(wildcards::of(self).into_iter().map(PolicyWarning::Wildcard))
    }
}

/// Whether nothing but tags and time decides.
fn can_be_fulfilled(condition: &Condition) -> bool {
    let is_time = |test: &Test| matches!(test, Test::MinAgeHours(_) | Test::MaxAgeHours(_));
    let tests = condition.tests();
    tests.iter().any(is_of_taggers) && tests.iter().all(|it| is_of_taggers(it) || is_time(it))
}

/// Whether the test is of a tag that people set: those that begin with `aws:` are AWS's ("Tag
/// restrictions", Amazon EC2 user guide).
fn is_of_taggers(test: &Test) -> bool {
    match test {
        Test::Tag(key, _) => !key.text.to_ascii_lowercase().starts_with("aws:"),
        _ => false,
    }
}

impl fmt::Display for PolicyWarning {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let advice =
            "add what they do not control, such as accounts, regions, instance_ids or a tag of AWS";
        match self {
            Self::Exclude(place) => write!(
                formatter,
                "scope.exclude[{place}]: whoever tags an instance can exclude it; {advice}"
            ),
            Self::Exemption(place) => write!(
                formatter,
                "exemptions[{place}].when: whoever tags an instance can exempt it; {advice}"
            ),
            Self::Include => write!(
                formatter,
                "scope.include: whoever tags an instance can leave the scope; {advice}"
            ),
            Self::Wildcard(wildcard) => wildcard.fmt(formatter),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::testing::policy;

    #[test]
    fn conditions_that_taggers_control_are_named() {
        let tag = |key: &str| json!({"tags": [{"key": key}]});
        let exemption =
            |when| json!({"owner": "x", "reason": "x", "expires": "2030-01-01", "when": when});
        let policy = policy(&json!({
            "required_tags": [{"key": "Owner", "when": tag("Team")}],
            "scope": {"exclude": [
                {"regions": ["us-east-1"]},
                tag("Lab"),
                {"tags": [{"key": "Lab"}], "accounts": ["123456789012"]},
                tag("aws:eks:cluster-name"),
                {"tags": [{"key": "Lab"}], "min_age_hours": 1},
                {"states": ["stopped"]},
                {"auto_scaling_groups": ["web"]},
            ]},
            "exemptions": [
                exemption(json!({"instance_ids": ["i-12345678"]})),
                exemption(json!({"tags": [{"key": "Lab", "absent": true}]})),
                exemption(json!({"max_age_hours": 24})),
            ],
        }));
        let warnings: Vec<_> = policy.warnings().map(|it| it.to_string()).collect();
        let advice =
            "add what they do not control, such as accounts, regions, instance_ids or a tag of AWS";
        assert_eq!(
            warnings,
            [
                format!("scope.exclude[1]: whoever tags an instance can exclude it; {advice}"),
                format!("scope.exclude[4]: whoever tags an instance can exclude it; {advice}"),
                format!("exemptions[1].when: whoever tags an instance can exempt it; {advice}"),
            ]
        );
    }

    #[test]
    fn a_scope_can_be_left_where_each_of_its_conditions_has_a_tag() {
        let include = |conditions| {
            let policy = policy(&json!({
                "required_tags": [{"key": "Owner"}],
                "scope": {"include": conditions},
            }));
            policy.warnings().collect::<Vec<_>>()
        };
        let (tag, region) = (
            json!({"tags": [{"key": "Team"}]}),
            json!({"regions": ["us-east-1"]}),
        );
        let both = json!({"tags": [{"key": "Team"}], "regions": ["us-east-1"]});
        assert_eq!(include(json!([tag])), [PolicyWarning::Include]);
        let text = PolicyWarning::Include.to_string();
        assert!(
            text.starts_with("scope.include: whoever tags an instance can leave the scope; "),
            "{text}"
        );
        assert_eq!(include(json!([tag, both])), [PolicyWarning::Include]);
        assert_eq!(include(json!([tag, region])), []);
    }
}

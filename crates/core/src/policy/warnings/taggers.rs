//! Conditions that anyone who can tag an instance can make true or false, to take it out of the policy unnoticed.

use super::super::TagPolicy;
use super::super::condition::{Condition, Test};
use super::super::faults::Faults;
use super::PolicyWarning;
use super::parts::{exemption, scope};

const ADVICE: &str =
    "add what they do not control, such as accounts, regions, instance_ids or a tag of AWS";

/// The conditions of the scope and of exemptions.
pub(super) fn of(policy: &TagPolicy) -> Vec<PolicyWarning> {
    let can = |what: &str| format!("anyone who can tag an instance can {what}; {ADVICE}");
    let [include, exclude] = scope(policy);
    let can_be_left = !include.is_empty()
        && include
            .iter()
            .all(|(_, condition)| condition.tests().iter().any(is_of_taggers));
    let include = can_be_left.then(|| Faults::document().field("scope").field("include"));
    let exempt = policy.exemptions.iter();
    let exempt = exempt.map(|it| (exemption(it.index).field("when"), &it.when));
    let fulfilled = |path, condition, what| {
        can_be_fulfilled(condition).then(|| PolicyWarning::new(path, can(what)))
    };
    include
        .map(|path| PolicyWarning::new(path, can("leave the scope")))
        .into_iter()
        .chain(
            exclude
                .into_iter()
                .filter_map(|(path, it)| fulfilled(path, it, "exclude it")),
        )
        .chain(exempt.filter_map(|(path, it)| fulfilled(path, it, "exempt it")))
        .collect()
}

/// Whether the outcome depends only on tags and time.
fn can_be_fulfilled(condition: &Condition) -> bool {
    let tests = condition.tests();
    tests.iter().any(is_of_taggers) && tests.iter().all(|it| is_of_taggers(it) || is_time(it))
}

fn is_time(test: &Test) -> bool {
    matches!(test, Test::MinAge(_) | Test::MaxAge(_))
}

/// Whether anyone who can tag the instance decides the outcome. Only AWS sets keys that begin with `aws:` ("Tag
/// restrictions", Amazon EC2 user guide).
fn is_of_taggers(test: &Test) -> bool {
    match test {
        Test::Tag(key, _) => {
            // An alternative of a pattern may begin otherwise.
            !key.text.to_ascii_lowercase().starts_with("aws:")
                || key.is_pattern() && key.text.contains('|')
        }
        Test::Any(conditions) => conditions.iter().any(can_be_fulfilled),
        // All parts must hold, so making one of them false is enough.
        Test::Not(condition) => condition.tests().iter().any(is_of_taggers),
        _ => false,
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
                {"tags": [{"key": "Lab"}], "accounts": ["111111111111"]},
                tag("aws:eks:cluster-name"),
                {"tags": [{"key": "Lab"}], "min_age_hours": 1},
                {"states": ["stopped"]},
                {"auto_scaling_groups": ["web"]},
                {"any": [tag("Lab"), {"regions": ["us-east-1"]}]},
                {"any": [{"states": ["stopped"]}, {"regions": ["us-east-1"]}]},
                {"not": {"tags": [{"key": "Lab"}], "regions": ["us-east-1"]}},
                {"not": {"regions": ["us-east-1"]}},
                {"tags": [{"key_pattern": "aws:eks:.*"}]},
                {"tags": [{"key_pattern": "aws:eks:.*|Lab"}]},
            ]},
            "exemptions": [
                exemption(json!({"instance_ids": ["i-12345678"]})),
                exemption(json!({"tags": [{"key": "Lab", "absent": true}]})),
                exemption(json!({"max_age_hours": 24})),
            ],
        }));
        let warnings: Vec<_> = of(&policy).iter().map(ToString::to_string).collect();
        assert_eq!(
            warnings,
            [
                format!(
                    "scope.exclude[1]: anyone who can tag an instance can exclude it; {ADVICE}"
                ),
                format!(
                    "scope.exclude[4]: anyone who can tag an instance can exclude it; {ADVICE}"
                ),
                format!(
                    "scope.exclude[7]: anyone who can tag an instance can exclude it; {ADVICE}"
                ),
                format!(
                    "scope.exclude[9]: anyone who can tag an instance can exclude it; {ADVICE}"
                ),
                format!(
                    "scope.exclude[12]: anyone who can tag an instance can exclude it; {ADVICE}"
                ),
                format!(
                    "exemptions[1].when: anyone who can tag an instance can exempt it; {ADVICE}"
                ),
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
            of(&policy)
                .iter()
                .map(ToString::to_string)
                .collect::<Vec<_>>()
        };
        let (tag, region) = (
            json!({"tags": [{"key": "Team"}]}),
            json!({"regions": ["us-east-1"]}),
        );
        let both = json!({"tags": [{"key": "Team"}], "regions": ["us-east-1"]});
        let warning =
            format!("scope.include: anyone who can tag an instance can leave the scope; {ADVICE}");
        assert_eq!(include(json!([tag])), [warning.as_str()]);
        assert_eq!(include(json!([tag, both])), [warning]);
        assert!(include(json!([tag, region])).is_empty());
    }
}

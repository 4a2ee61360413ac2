//! Parts that apply to no instance, because the scope leaves those instances out.

use super::super::TagPolicy;
use super::super::condition::Condition;
use super::super::faults::Faults;
use super::PolicyWarning;
use super::conditions::repeated;
use super::logic::{exclude_each_other, implies, one_always_holds};
use super::parts::{outer_conditions, scope};
use crate::json::Path;

pub(super) fn of(policy: &TagPolicy) -> Vec<PolicyWarning> {
    let [include, exclude] = scope(policy);
    let mut found: Vec<_> = [&include, &exclude]
        .into_iter()
        .filter_map(|conditions| repeated(conditions))
        .collect();
    let root = Faults::document().field("scope");
    for (name, list, what) in [
        (
            "include",
            &include,
            "every instance meets one of them; leave it out",
        ),
        (
            "exclude",
            &exclude,
            "every instance meets one of them, so that the policy is for none; remove one",
        ),
    ] {
        if list.len() > 1 && one_always_holds(list.iter().map(|(_, it)| *it)) {
            found.push(PolicyWarning::new(root.field(name), what));
        }
    }
    let is_of = |list: &[(Path, &Condition)], path: &Path| list.iter().any(|(it, _)| it == path);
    for (path, condition) in outer_conditions(policy) {
        if is_of(&exclude, &path) {
            continue;
        }
        let mut excluding = exclude.iter();
        if let Some((other, _)) = excluding.find(|(_, it)| implies(condition, it)) {
            let what =
                format!("{other} leaves out every instance that meets it; remove one of the two");
            found.push(PolicyWarning::new(path, what));
        } else if !include.is_empty()
            && !is_of(&include, &path)
            && include
                .iter()
                .all(|(_, it)| exclude_each_other(condition, it))
        {
            let what = "scope.include leaves out every instance that meets it; remove it, or widen the scope";
            found.push(PolicyWarning::new(path, what));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::lines;
    use super::*;
    use crate::testing::policy;

    #[test]
    fn a_scope_of_all_instances_or_of_none_is_pointed_out() {
        let either = json!([{"states": ["running"]}, {"not": {"states": ["running"]}}]);
        let document = json!({
            "required_tags": [{"key": "A"}],
            "scope": {"include": either, "exclude": either},
        });
        let found = lines(&of(&policy(&document)));
        for line in [
            "scope.include: every instance meets one of them; leave it out",
            "scope.exclude: every instance meets one of them, so that the policy is for none; remove one",
        ] {
            assert!(found.lines().any(|it| it == line), "{found}");
        }
    }

    #[test]
    fn what_the_scope_leaves_nothing_of_is_pointed_out() {
        let region = |region: &str| json!({"regions": [region]});
        let document = json!({
            "required_tags": [
                {"key": "A", "when": region("us-east-1")},
                {"key": "B", "when": {"regions": ["eu-west-1"], "states": ["stopped"]}},
                {"key": "C", "when": region("eu-west-1")},
            ],
            "scope": {
                "include": [region("eu-west-1"), region("eu-west-2"), region("eu-west-1"),
                    {"states": ["stopped"], "regions": ["eu-west-1"]}],
                "exclude": [{"states": ["stopped"]}, region("eu-west-3")],
            },
            "exemptions": [{"owner": "x", "reason": "x", "expires": "2030-01-01", "when": region("eu-west-3")}],
        });
        insta::assert_snapshot!(lines(&of(&policy(&document))));
    }
}

//! The parts of a policy, each with its path.

use super::super::TagPolicy;
use super::super::condition::{Condition, TagTest, Test};
use super::super::faults::{Faults, named};
use super::super::pattern::TagKey;
use super::super::rule::Rule;
use super::PolicyWarning;
use crate::json::Path;

/// The rules with their paths.
pub(super) fn rules(policy: &TagPolicy) -> Vec<(Path, &Rule)> {
    let root = Faults::document();
    let (forbidden, required): (Vec<_>, Vec<_>) =
        policy.rules.iter().partition(|rule| rule.is_forbidding());
    [("required_tags", required), ("forbidden_tags", forbidden)]
        .into_iter()
        .flat_map(|(list, rules)| {
            let path = root.field(list);
            let rules = rules.into_iter().enumerate();
            rules.map(move |(index, rule)| (named(&path.index(index), &rule.key.text), rule))
        })
        .collect()
}

/// The path of a rule's key.
pub(super) fn key_of(path: &Path, rule: &Rule) -> Path {
    path.field(if rule.key.is_pattern() {
        "key_pattern"
    } else {
        "key"
    })
}

/// The conditions in the scope's lists, with their paths.
pub(super) fn scope(policy: &TagPolicy) -> [Vec<(Path, &Condition)>; 2] {
    let path = Faults::document().field("scope");
    let include = policy.include().unwrap_or_default();
    [("include", include), ("exclude", policy.exclude())].map(|(list, conditions)| {
        let path = path.field(list);
        let conditions = conditions.iter().enumerate();
        conditions
            .map(|(index, it)| (path.index(index), it))
            .collect()
    })
}

/// The path of an exemption.
pub(super) fn exemption(index: usize) -> Path {
    Faults::document().field("exemptions").index(index)
}

/// The top-level conditions, with their paths.
pub(super) fn outer_conditions(policy: &TagPolicy) -> Vec<(Path, &Condition)> {
    let whens = rules(policy).into_iter();
    let whens = whens.filter_map(|(path, rule)| Some((path.field("when"), rule.when.as_ref()?)));
    let exemptions = policy.exemptions.iter();
    let exemptions = exemptions.map(|it| (exemption(it.index).field("when"), &it.when));
    let scope = scope(policy).into_iter().flatten();
    whens.chain(scope).chain(exemptions).collect()
}

/// All conditions, including nested ones, with their paths.
pub(super) fn conditions(policy: &TagPolicy) -> Vec<(Path, &Condition)> {
    let outer = outer_conditions(policy).into_iter();
    outer
        .flat_map(|(path, condition)| {
            let mut all = vec![(path.clone(), condition)];
            all.extend(branches(&path, condition));
            all.extend(negated(&path, condition));
            all
        })
        .collect()
}

/// The warnings about each test of each condition.
pub(super) fn in_tests(
    policy: &TagPolicy,
    check: impl Fn(&Path, &Test) -> Vec<PolicyWarning>,
) -> Vec<PolicyWarning> {
    let mut warnings = Vec::new();
    for (path, condition) in conditions(policy) {
        warnings.extend(condition.tests().iter().flat_map(|test| check(&path, test)));
    }
    warnings
}

/// The conditions in `any`, with their paths.
pub(super) fn branches<'a>(path: &Path, condition: &'a Condition) -> Vec<(Path, &'a Condition)> {
    let path = path.field("any");
    let tests = condition.tests().iter();
    let branches = tests.filter_map(|test| match test {
        Test::Any(conditions) => Some(conditions),
        _ => None,
    });
    let branches = branches.flatten().enumerate();
    branches
        .map(|(index, it)| (path.index(index), it))
        .collect()
}

/// The condition in `not`, with its path.
fn negated<'a>(path: &Path, condition: &'a Condition) -> Option<(Path, &'a Condition)> {
    condition.tests().iter().find_map(|test| match test {
        Test::Not(condition) => Some((path.field("not"), condition)),
        _ => None,
    })
}

/// A condition's tests of tags, with their paths.
pub(super) fn tags<'a>(
    path: &Path,
    condition: &'a Condition,
) -> impl Iterator<Item = (Path, &'a TagKey, &'a TagTest)> {
    let path = path.field("tags");
    // The tests of tags come first, in the order of the document.
    let tests = condition.tests().iter().enumerate();
    tests.filter_map(move |(index, test)| match test {
        Test::Tag(key, test) => Some((named(&path.index(index), &key.text), key, test)),
        _ => None,
    })
}

/// The warnings about the items of a condition's list.
pub(super) fn checked<T>(
    path: &Path,
    name: &str,
    items: &[T],
    check: impl Fn(&T) -> Option<String>,
) -> Vec<PolicyWarning> {
    let path = path.field(name);
    let items = items.iter().enumerate();
    items
        .filter_map(|(index, item)| Some(PolicyWarning::new(path.index(index), check(item)?)))
        .collect()
}

/// A condition's lists of texts, with their paths.
pub(super) fn lists<'a>(path: &Path, condition: &'a Condition) -> Vec<(Path, Vec<&'a str>)> {
    fn texts<T: AsRef<str>>(items: &[T]) -> Vec<&str> {
        items.iter().map(AsRef::as_ref).collect()
    }
    let of_tags = tags(path, condition).filter_map(|(path, _, test)| match test {
        TagTest::OneOf(values) => Some((path.field("values"), texts(values))),
        _ => None,
    });
    let others = condition.tests().iter().filter_map(|test| {
        let (name, texts) = match test {
            Test::InstanceId(ids) => ("instance_ids", texts(ids)),
            Test::State(states) => {
                let states = states.iter().map(|state| state.as_str());
                ("states", states.collect())
            }
            Test::Account(accounts) => ("accounts", texts(accounts)),
            Test::Region(regions) => ("regions", texts(regions)),
            Test::Operator(operators) => ("operator", texts(operators)),
            Test::Named(attribute, names) => (attribute.field(), texts(names)),
            _ => return None,
        };
        Some((path.field(name), texts))
    });
    of_tags.chain(others).collect()
}

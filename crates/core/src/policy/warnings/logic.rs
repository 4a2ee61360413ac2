//! What follows from conditions for every possible instance. Only certain conclusions count, so that nothing
//! intentional is warned of.

use super::super::condition::{Age, Attribute, Condition, TagTest, Test};
use super::super::names::Name;
use super::super::pattern::{TagKey, same};
use super::super::places;
use crate::instance::{InstanceState, LiveState};

/// Whether `other` holds for every instance that meets this condition.
pub(super) fn implies(ours: &Condition, theirs: &Condition) -> bool {
    follows(&all(ours), theirs)
}

/// Whether no instance can meet both.
pub(super) fn exclude_each_other(ours: &Condition, theirs: &Condition) -> bool {
    contradiction(&[all(ours), all(theirs)].concat()).is_some()
}

/// Tests of the condition that no instance can meet together.
pub(super) fn contradiction_in(condition: &Condition) -> Option<Vec<&Test>> {
    contradiction(&all(condition))
}

/// Whether every instance meets the condition.
pub(super) fn always_holds(condition: &Condition) -> bool {
    condition.tests().iter().all(is_always_so)
}

/// Whether every instance meets one of these conditions.
pub(super) fn one_always_holds<'a>(conditions: impl Iterator<Item = &'a Condition>) -> bool {
    let tests: Vec<_> = conditions
        .map(|condition| {
            let tests = condition.tests().iter();
            tests.filter(|test| !is_always_so(test)).collect::<Vec<_>>()
        })
        .collect();
    // Of a condition with several other tests, the rest is not covered for certain.
    let alone: Vec<_> = tests
        .iter()
        .filter_map(|tests| match tests.as_slice() {
            [test] => Some(*test),
            _ => None,
        })
        .collect();
    let is_in = |state: InstanceState| {
        let mut tests = alone.iter();
        tests.any(|test| matches!(test, Test::State(states) if states.contains(&state)))
    };
    tests.iter().any(Vec::is_empty)
        || LiveState::all().all(|state| is_in(state.into()))
        || alone
            .iter()
            .any(|one| alone.iter().any(|other| are_complementary(one, other)))
}

/// Whether each instance is so or so.
fn are_complementary(one: &Test, other: &Test) -> bool {
    match (one, other) {
        (Test::Tag(one_key, TagTest::Present), Test::Tag(key, TagTest::Absent)) => one_key == key,
        (Test::MinAge(least), Test::MaxAge(most)) => least <= most,
        (Test::Not(condition), other) => {
            matches!(condition.tests(), [negated] if negated == other)
        }
        _ => false,
    }
}

fn all(condition: &Condition) -> Vec<&Test> {
    condition.tests().iter().collect()
}

fn follows(tests: &[&Test], theirs: &Condition) -> bool {
    theirs
        .tests()
        .iter()
        .all(|it| is_always_so(it) || tests.iter().any(|ours| entails(ours, it)))
}

fn contradiction<'a>(tests: &[&'a Test]) -> Option<Vec<&'a Test>> {
    let is_any = |test: &&&Test| matches!(test, Test::Any(_));
    let others: Vec<_> = tests.iter().filter(|it| !is_any(it)).copied().collect();
    let alone = tests.iter().find(|test| match test {
        Test::MaxAge(age) => *age == Age::from_minutes(0),
        Test::Not(condition) => always_holds(condition),
        Test::Any(conditions) => conditions
            .iter()
            .all(|it| contradiction(&[others.clone(), all(it)].concat()).is_some()),
        _ => false,
    });
    let pair = tests.iter().enumerate().find_map(|(index, test)| {
        let mut before = tests.iter().take(index);
        let other = before.find(|other| are_contrary(other, test) || are_contrary(test, other))?;
        Some(vec![*other, *test])
    });
    let negated = tests.iter().find(|test| match test {
        Test::Not(condition) => follows(tests, condition),
        _ => false,
    });
    alone
        .map(|test| vec![*test])
        .or(pair)
        .or(negated.map(|_| others))
}

fn is_always_so(test: &Test) -> bool {
    match test {
        Test::State(states) => LiveState::all().all(|state| states.contains(&state.into())),
        // Every instance has these attributes.
        Test::Named(
            Attribute::InstanceType | Attribute::AvailabilityZone | Attribute::ImageId,
            names,
        ) => names.iter().any(|name| name.as_ref() == "*"),
        Test::MinAge(age) => *age == Age::from_minutes(0),
        Test::Any(conditions) => one_always_holds(conditions.iter()),
        Test::Not(condition) => contradiction_in(condition).is_some(),
        _ => false,
    }
}

fn entails(ours: &Test, theirs: &Test) -> bool {
    match (ours, theirs) {
        (Test::Tag(our_key, ours), Test::Tag(key, theirs)) => {
            // The tag may be absent in one case and present in another.
            let is_the_same = if *ours == TagTest::Absent {
                our_key == key
            } else {
                is_the_same_tag(our_key, key)
            };
            is_the_same && tag_entails(ours, theirs, key.ignores_case())
        }
        (Test::InstanceId(ours), Test::InstanceId(theirs)) => is_within(ours, theirs),
        (Test::State(ours), Test::State(theirs)) => is_within(ours, theirs),
        (Test::Account(ours), Test::Account(theirs)) => is_within(ours, theirs),
        (Test::Region(ours), Test::Region(theirs)) => is_within(ours, theirs),
        (Test::Operator(ours), Test::Operator(theirs)) => is_within(ours, theirs),
        (Test::Named(our_attribute, ours), Test::Named(attribute, theirs)) => {
            let is_named = |name: &Name| {
                theirs
                    .iter()
                    .any(|it| it == name || !name.is_pattern() && it.matches(name.as_ref()))
            };
            our_attribute == attribute && ours.iter().all(is_named)
        }
        (Test::MinAge(ours), Test::MinAge(theirs)) => ours >= theirs,
        (Test::MaxAge(ours), Test::MaxAge(theirs)) => ours <= theirs,
        (ours, theirs) => ours == theirs,
    }
}

fn is_within<T: PartialEq>(ours: &[T], theirs: &[T]) -> bool {
    ours.iter().all(|it| theirs.contains(it))
}

/// Whether the other test's key covers our tag.
fn is_the_same_tag(ours: &TagKey, theirs: &TagKey) -> bool {
    ours == theirs || !ours.ignores_case() && theirs.ignores_case() && ours.text == theirs.text
}

fn tag_entails(ours: &TagTest, theirs: &TagTest, ignore_case: bool) -> bool {
    match (ours, theirs) {
        (TagTest::OneOf(ours), TagTest::OneOf(theirs)) => ours
            .iter()
            .all(|value| theirs.iter().any(|it| same(it, value, ignore_case))),
        (TagTest::OneOf(ours), TagTest::Matches(pattern)) => {
            ours.iter().all(|value| pattern.matches(value))
        }
        (ours, TagTest::Present) => *ours != TagTest::Absent,
        (ours, theirs) => ours == theirs,
    }
}

/// Whether no instance can meet both tests.
fn are_contrary(one: &Test, other: &Test) -> bool {
    match (one, other) {
        (Test::Tag(one_key, one), Test::Tag(key, other)) => {
            // Several tags may match a key pattern: one can meet the first test, and another the second.
            is_the_same_tag(one_key, key)
                && (!key.is_pattern() || *other == TagTest::Absent)
                && tags_are_contrary(one, other, key.ignores_case())
        }
        (Test::InstanceId(one), Test::InstanceId(other)) => are_apart(one, other),
        (Test::State(one), Test::State(other)) => are_apart(one, other),
        (Test::Account(one), Test::Account(other)) => are_apart(one, other),
        (Test::Region(one), Test::Region(other)) => are_apart(one, other),
        (Test::Region(regions), Test::Named(Attribute::AvailabilityZone, zones)) => {
            let is_elsewhere = |zone: &Name| {
                let region = places::of_zone(zone.as_ref());
                region.is_some_and(|region| regions.iter().all(|it| it.as_ref() != region))
            };
            zones.iter().all(is_elsewhere)
        }
        (Test::MinAge(least), Test::MaxAge(most)) => least >= most,
        _ => false,
    }
}

fn are_apart<T: PartialEq>(one: &[T], other: &[T]) -> bool {
    one.iter().all(|it| !other.contains(it))
}

/// For one tag. `other` may cover other cases of its key, too.
fn tags_are_contrary(one: &TagTest, other: &TagTest, ignore_case: bool) -> bool {
    match (one, other) {
        (TagTest::OneOf(one), TagTest::OneOf(other)) => one
            .iter()
            .all(|value| other.iter().all(|it| !same(it, value, ignore_case))),
        (TagTest::OneOf(values), TagTest::Matches(pattern)) => {
            values.iter().all(|value| !pattern.matches(value))
        }
        (one, TagTest::Absent) => *one != TagTest::Absent,
        _ => false,
    }
}

#[cfg(test)]
mod tests;

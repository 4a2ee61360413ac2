//! Conditions under which a rule, a scope or an exemption applies to an instance.

mod age;
mod attribute;
mod wording;

pub use self::age::Age;
pub use self::attribute::Attribute;
use super::names::Name;
use super::pattern::{Pattern, TagKey, same};
use crate::instance::{AccountId, InstanceId, InstanceState, RegionName, ServicePrincipal, Tags};
use crate::subject::Subject;

/// The tag in which EC2 Auto Scaling names the group of an instance ("Tag Auto Scaling groups and
/// instances", Amazon EC2 Auto Scaling user guide).
pub(super) const AUTO_SCALING_GROUP_TAG: &str = "aws:autoscaling:groupName";

/// A condition: all of its tests must hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Condition(pub(super) Vec<Test>);

/// One test of a condition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Test {
    /// It has such a tag.
    Tag(TagKey, TagTest),
    /// It is one of these instances.
    InstanceId(Vec<InstanceId>),
    /// It is in one of these states.
    State(Vec<InstanceState>),
    /// One of these accounts owns it.
    Account(Vec<AccountId>),
    /// It is in one of these regions.
    Region(Vec<RegionName>),
    /// One of these services manages it.
    Operator(Vec<ServicePrincipal>),
    /// Its attribute has one of these names.
    Named(Attribute, Vec<Name>),
    /// It was launched at least so long ago.
    MinAge(Age),
    /// It was launched less than so long ago.
    MaxAge(Age),
    /// One of these holds.
    Any(Vec<Condition>),
    /// This does not hold.
    Not(Condition),
}

/// The test of a tag.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TagTest {
    /// It is there.
    Present,
    /// It is not there.
    Absent,
    /// It has one of these values.
    OneOf(Vec<String>),
    /// Its whole value matches.
    Matches(Pattern),
}

impl Condition {
    /// The tests, all of which must hold.
    #[must_use]
    pub fn tests(&self) -> &[Test] {
        &self.0
    }

    /// Whether every test holds.
    #[must_use]
    pub fn holds(&self, subject: &Subject<'_>) -> bool {
        self.unmet(subject).is_none()
    }

    /// The first test that does not hold.
    #[must_use]
    pub fn unmet(&self, subject: &Subject<'_>) -> Option<&Test> {
        self.0.iter().find(|test| !test.holds(subject))
    }

    /// Whether a change of this tag can make a difference.
    #[must_use]
    pub fn depends_on(&self, tag_key: &str) -> bool {
        self.has(|test| match test {
            Test::Tag(key, _) => key.names(tag_key),
            Test::Named(Attribute::AutoScalingGroup, _) => tag_key == AUTO_SCALING_GROUP_TAG,
            _ => false,
        })
    }

    /// Whether it may change during the grace period without a change of tags: an instance stops, leaves its group,
    /// or reaches an age in minutes.
    ///
    /// Whatever else EC2 says of it stays the same from the launch on until it is stopped, and an age
    /// in hours is longer than that time.
    #[must_use]
    pub fn depends_on_more_than_tags(&self) -> bool {
        self.has(|test| match test {
            Test::State(_) | Test::Named(Attribute::AutoScalingGroup, _) => true,
            Test::MinAge(age) | Test::MaxAge(age) => age.hours().is_none(),
            _ => false,
        })
    }

    /// Whether it is about this attribute.
    #[must_use]
    pub fn is_about(&self, attribute: Attribute) -> bool {
        self.has(|test| matches!(test, Test::Named(named, _) if *named == attribute))
    }

    /// Whether this is so of a test in it, at whatever depth.
    pub(super) fn has(&self, is_so: impl Fn(&Test) -> bool + Copy) -> bool {
        self.0.iter().any(|test| match test {
            Test::Any(conditions) => conditions.iter().any(|condition| condition.has(is_so)),
            Test::Not(condition) => condition.has(is_so),
            test => is_so(test),
        })
    }
}

impl Test {
    fn holds(&self, subject: &Subject<'_>) -> bool {
        let instance = subject.instance;
        let tags = &instance.tags;
        let age = instance
            .launched_at
            .map(|launched_at| subject.now.since(launched_at));
        match self {
            Self::Tag(key, test) => test.holds(key, tags),
            Self::InstanceId(ids) => ids.contains(&instance.id),
            Self::State(states) => states.contains(&instance.state),
            Self::Account(accounts) => instance
                .account_id
                .as_ref()
                .is_some_and(|account| accounts.contains(account)),
            Self::Region(regions) => regions
                .iter()
                .any(|region| region.as_ref() == subject.region),
            Self::Operator(operators) => instance
                .operator
                .as_ref()
                .is_some_and(|operator| operators.contains(operator)),
            Self::Named(attribute, names) => attribute
                .of(instance)
                .is_some_and(|name| names.iter().any(|it| it.matches(name))),
            Self::MinAge(limit) => age.is_some_and(|age| age >= limit.duration()),
            Self::MaxAge(limit) => age.is_some_and(|age| age < limit.duration()),
            Self::Any(conditions) => conditions.iter().any(|it| it.holds(subject)),
            Self::Not(condition) => !condition.holds(subject),
        }
    }
}

impl TagTest {
    fn holds(&self, key: &TagKey, tags: &Tags) -> bool {
        let mut values = key.found(tags).into_iter().map(|(_, value)| value.raw());
        match self {
            Self::Absent => values.next().is_none(),
            Self::Present => values.next().is_some(),
            Self::OneOf(wanted) => values.any(|value| {
                let mut wanted = wanted.iter();
                wanted.any(|wanted| same(wanted, value, key.ignores_case()))
            }),
            Self::Matches(pattern) => values.any(|value| pattern.matches(value)),
        }
    }
}

//! What must be so of an instance before a rule, a scope or an exemption is for it.

use std::fmt;
use std::time::Duration;

use super::pattern::{Pattern, TagKey, same};
use crate::instance::{AccountId, InstanceId, InstanceState, RegionName, ServicePrincipal};
use crate::subject::Subject;
use crate::text::Untrusted;

/// The tag in which EC2 Auto Scaling names the group of an instance ("Tag Auto Scaling groups and
/// instances", Amazon EC2 Auto Scaling user guide).
pub(super) const AUTO_SCALING_GROUP_TAG: &str = "aws:autoscaling:groupName";

/// What must be so of an instance: every test must hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Condition(pub(super) Vec<Test>);

/// One thing that must be so of an instance.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Test {
    /// Of a tag.
    Tag(TagKey, TagTest),
    /// It is one of these instances.
    InstanceId(Vec<InstanceId>),
    /// It belongs to one of these Auto Scaling groups.
    AutoScalingGroup(Vec<String>),
    /// It is in one of these states.
    State(Vec<InstanceState>),
    /// One of these accounts owns it.
    Account(Vec<AccountId>),
    /// It is in one of these regions.
    Region(Vec<RegionName>),
    /// One of these services manages it.
    Operator(Vec<ServicePrincipal>),
    /// It was launched at least so many hours ago.
    MinAgeHours(u32),
    /// It was launched less than so many hours ago.
    MaxAgeHours(u32),
}

/// What must be so of a tag.
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
        self.0.iter().any(|test| match test {
            Test::Tag(key, _) => key.names(tag_key),
            Test::AutoScalingGroup(_) => tag_key == AUTO_SCALING_GROUP_TAG,
            _ => false,
        })
    }

    /// Whether it may change though nobody changes a tag: an instance stops, or leaves its group.
    ///
    /// An instance keeps its id, account, region and operator; and what is about its age, in hours, does not change
    /// in the time that a new instance has to be tagged.
    #[must_use]
    pub fn depends_on_more_than_tags(&self) -> bool {
        let mut tests = self.0.iter();
        tests.any(|test| matches!(test, Test::State(_) | Test::AutoScalingGroup(_)))
    }

    /// Whether it may change by time alone.
    #[must_use]
    pub fn depends_on_time(&self) -> bool {
        self.0.iter().any(Test::is_about_age)
    }

    /// Whether the age of the instance is all that keeps it from holding.
    #[must_use]
    pub fn held_at_another_age(&self, subject: &Subject<'_>) -> bool {
        let mut others = self.0.iter().filter(|test| !test.is_about_age());
        self.depends_on_time() && !self.holds(subject) && others.all(|test| test.holds(subject))
    }
}

impl Test {
    fn is_about_age(&self) -> bool {
        matches!(self, Self::MinAgeHours(_) | Self::MaxAgeHours(_))
    }

    fn holds(&self, subject: &Subject<'_>) -> bool {
        let instance = subject.instance;
        let tags = &instance.tags;
        let age = instance
            .launched_at
            .map(|launched_at| subject.now.since(launched_at));
        match self {
            Self::Tag(key, test) => test.holds(key, key.find(tags).map(|(_, value)| value)),
            Self::InstanceId(ids) => ids.contains(&instance.id),
            Self::AutoScalingGroup(groups) => tags
                .get(AUTO_SCALING_GROUP_TAG)
                .is_some_and(|group| groups.iter().any(|it| it == group.raw())),
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
            Self::MinAgeHours(limit) => age.is_some_and(|age| age >= hours(*limit)),
            Self::MaxAgeHours(limit) => age.is_some_and(|age| age < hours(*limit)),
        }
    }
}

impl TagTest {
    fn holds(&self, key: &TagKey, value: Option<Untrusted<'_>>) -> bool {
        match (self, value) {
            (Self::Absent, value) => value.is_none(),
            (_, None) => false,
            (Self::Present, Some(_)) => true,
            (Self::OneOf(values), Some(value)) => values
                .iter()
                .any(|wanted| same(wanted, value.raw(), key.ignore_case)),
            (Self::Matches(pattern), Some(value)) => pattern.matches(value.raw()),
        }
    }
}

fn hours(count: u32) -> Duration {
    Duration::from_secs(u64::from(count) * 60 * 60)
}

impl fmt::Display for Condition {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let tests: Vec<_> = self.0.iter().map(ToString::to_string).collect();
        formatter.write_str(&tests.join(" and "))
    }
}

impl fmt::Display for Test {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut list =
            |what: &str, items: &[&str]| write!(formatter, "{what} {}", items.join(" or "));
        match self {
            Self::Tag(key, TagTest::OneOf(values)) => {
                list(&format!("{} is", key.text), &strs(values))
            }
            Self::Tag(key, TagTest::Present) => write!(formatter, "{} is there", key.text),
            Self::Tag(key, TagTest::Absent) => write!(formatter, "{} is not there", key.text),
            Self::Tag(key, TagTest::Matches(pattern)) => {
                write!(formatter, "{} matches {}", key.text, pattern.as_str())
            }
            Self::InstanceId(ids) => list("the instance is", &strs(ids)),
            Self::AutoScalingGroup(groups) => list("the Auto Scaling group is", &strs(groups)),
            Self::State(states) => {
                let states: Vec<_> = states.iter().map(|state| state.as_str()).collect();
                list("the state is", &states)
            }
            Self::Account(accounts) => list("the account is", &strs(accounts)),
            Self::Region(regions) => list("the region is", &strs(regions)),
            Self::Operator(operators) => list("the operator is", &strs(operators)),
            Self::MinAgeHours(hours) => {
                write!(formatter, "it was launched {hours} or more hours ago")
            }
            Self::MaxAgeHours(hours) => {
                write!(formatter, "it was launched less than {hours} hours ago")
            }
        }
    }
}

fn strs<T: AsRef<str>>(items: &[T]) -> Vec<&str> {
    items.iter().map(AsRef::as_ref).collect()
}

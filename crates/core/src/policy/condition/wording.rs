//! A condition in words.

use std::fmt;

use super::{Age, Condition, TagTest, Test};
use crate::policy::pattern::TagKey;
use crate::text::counted;

impl fmt::Display for Age {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let age = match self.hours() {
            Some(hours) => counted(hours, "hour"),
            None => counted(self.minutes, "minute"),
        };
        formatter.write_str(&age)
    }
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
                list(&format!("{} is", name(key)), &strs(values))
            }
            Self::Tag(key, TagTest::Present) => write!(formatter, "{} is there", name(key)),
            Self::Tag(key, TagTest::Absent) => write!(formatter, "{} is not there", name(key)),
            Self::Tag(key, TagTest::Matches(pattern)) => {
                write!(formatter, "{} matches {}", name(key), pattern.as_str())
            }
            Self::InstanceId(ids) => list("the instance is", &strs(ids)),
            Self::State(states) => {
                let states: Vec<_> = states.iter().map(|state| state.as_str()).collect();
                list("the state is", &states)
            }
            Self::Account(accounts) => list("the account is", &strs(accounts)),
            Self::Region(regions) => list("the region is", &strs(regions)),
            Self::Operator(operators) => list("the operator is", &strs(operators)),
            Self::Named(attribute, names) => {
                list(&format!("the {} is", attribute.as_str()), &strs(names))
            }
            Self::MinAge(age) => write!(formatter, "it was launched {age} ago or earlier"),
            Self::MaxAge(age) => write!(formatter, "it was launched less than {age} ago"),
            Self::Any(conditions) => {
                let conditions = conditions.iter().map(|condition| match condition.0.len() {
                    1 => condition.to_string(),
                    _ => format!("({condition})"),
                });
                let conditions: Vec<_> = conditions.collect();
                write!(formatter, "({})", conditions.join(" or "))
            }
            Self::Not(condition) => write!(formatter, "not ({condition})"),
        }
    }
}

/// The key, or what stands for the keys that match.
fn name(key: &TagKey) -> String {
    if key.is_pattern() {
        format!("a tag whose key matches {}", key.text)
    } else {
        key.text.clone()
    }
}

fn strs<T: AsRef<str>>(items: &[T]) -> Vec<&str> {
    items.iter().map(AsRef::as_ref).collect()
}

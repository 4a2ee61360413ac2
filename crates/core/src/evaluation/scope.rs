//! Whether a policy is for an instance.

use std::fmt;

use serde::{Serialize, Serializer};

use crate::policy::TagPolicy;
use crate::policy::condition::Condition;
use crate::subject::Subject;

/// Whether a policy is for an instance, and by which of its conditions. As text it is the place of
/// that condition, such as `scope.exclude[0]`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Scope {
    /// The policy is for all.
    #[default]
    Everything,
    /// It is for the instances for which this condition holds, among others.
    Included(usize),
    /// It is for other instances: no condition holds.
    NotIncluded,
    /// It is not for the instances for which this condition holds.
    Excluded(usize),
}

impl Scope {
    /// Whether the policy is for the instance.
    #[must_use]
    pub fn is_in(self) -> bool {
        matches!(self, Self::Everything | Self::Included(_))
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Everything => formatter.write_str("scope"),
            Self::Included(place) => write!(formatter, "scope.include[{place}]"),
            Self::NotIncluded => formatter.write_str("scope.include"),
            Self::Excluded(place) => write!(formatter, "scope.exclude[{place}]"),
        }
    }
}

impl Serialize for Scope {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl TagPolicy {
    /// Whether the policy is for this instance.
    #[must_use]
    pub fn scope(&self, subject: &Subject<'_>) -> Scope {
        let place = |conditions: &[Condition]| conditions.iter().position(|it| it.holds(subject));
        match (place(self.exclude()), self.include()) {
            (Some(place), _) => Scope::Excluded(place),
            (None, None) => Scope::Everything,
            (None, Some(conditions)) => {
                place(conditions).map_or(Scope::NotIncluded, Scope::Included)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scope_is_named_by_its_condition() {
        for (scope, text, is_in) in [
            (Scope::Everything, "scope", true),
            (Scope::Included(1), "scope.include[1]", true),
            (Scope::NotIncluded, "scope.include", false),
            (Scope::Excluded(0), "scope.exclude[0]", false),
        ] {
            assert_eq!((scope.to_string().as_str(), scope.is_in()), (text, is_in));
            assert_eq!(serde_json::to_value(scope).unwrap(), text);
        }
    }
}

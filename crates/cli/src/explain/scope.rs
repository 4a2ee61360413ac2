//! Why a policy is for an instance, or is not.

use tag_compliance_core::evaluation::scope;
use tag_compliance_core::policy::TagPolicy;
use tag_compliance_core::policy::condition::{Condition, Test};
use tag_compliance_core::subject::Subject;
use tag_compliance_core::text::OneLine;

/// Why a policy is for an instance, or is not.
pub enum Scope<'a> {
    /// It is for all.
    Everything,
    /// It is for the instances for which this holds, among others.
    Included(&'a Condition),
    /// It is for other instances: of each of its conditions, this does not hold.
    NotIncluded(Vec<&'a Test>),
    /// It is not for the instances for which this holds.
    Excluded(&'a Condition),
}

impl<'a> Scope<'a> {
    pub fn of(policy: &'a TagPolicy, subject: &Subject<'_>) -> Self {
        let included = policy.include().unwrap_or_default();
        match policy.scope(subject) {
            scope::Scope::Everything => Self::Everything,
            scope::Scope::Included(place) => Self::Included(&included[place]),
            scope::Scope::Excluded(place) => Self::Excluded(&policy.exclude()[place]),
            scope::Scope::NotIncluded => {
                let unmet = included.iter().filter_map(|it| it.unmet(subject));
                Self::NotIncluded(unmet.collect())
            }
        }
    }

    pub fn is_in(&self) -> bool {
        matches!(self, Self::Everything | Self::Included(_))
    }

    /// Why, in words.
    pub fn reason(&self) -> String {
        match self {
            Self::Everything => "the policy is for all instances".to_owned(),
            Self::Included(condition) => format!("included, since {}", line(condition)),
            Self::Excluded(condition) => format!("excluded, since {}", line(condition)),
            Self::NotIncluded(tests) => {
                let tests: Vec<_> = tests.iter().map(line).collect();
                let demands = tests.join("; or that ");
                format!("not included, which would need that {demands}")
            }
        }
    }
}

/// A condition or a part of it, on one line.
pub fn line(condition: &impl ToString) -> String {
    OneLine(&condition.to_string()).to_string()
}

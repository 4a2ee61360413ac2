//! Why an instance is in a policy's scope, or out of it.

use tag_compliance_core::evaluation::scope;
use tag_compliance_core::policy::TagPolicy;
use tag_compliance_core::policy::condition::{Condition, Test};
use tag_compliance_core::subject::Subject;
use tag_compliance_core::text::OneLine;

/// Why an instance is in a policy's scope, or out of it.
pub enum Scope<'a> {
    /// Every instance is in scope.
    Everything,
    /// The instance matches this condition of `include`.
    Included(&'a Condition),
    /// The instance matches no condition of `include`; of each, this part fails.
    NotIncluded(Vec<&'a Test>),
    /// The instance matches this condition of `exclude`.
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
            Self::Included(condition) => format!("included, because {}", line(condition)),
            Self::Excluded(condition) => format!("excluded, because {}", line(condition)),
            Self::NotIncluded(tests) => {
                let tests: Vec<_> = tests.iter().map(line).collect();
                let demands = tests.join("; or where ");
                format!("not included: it covers only instances where {demands}")
            }
        }
    }
}

/// A condition or a part of it, on one line.
pub fn line(condition: &impl ToString) -> String {
    OneLine(&condition.to_string()).to_string()
}

//! Why a policy can't be used.

use std::fmt;

use crate::json::{Path, Position, SyntaxError};

/// Why a policy can't be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PolicyError {
    /// The text isn't JSON.
    #[error(transparent)]
    Syntax(SyntaxError),
    /// The variable of an environment holds no policy.
    #[error("expected {expected}, got {got}")]
    Variable {
        /// What it must hold.
        expected: String,
        /// What it holds.
        got: String,
    },
    /// A field is not what it must be.
    #[error("{field}: expected {expected}, got {got}")]
    Field {
        /// Where its text is, where the policy was one.
        at: Option<Position>,
        /// Its path, with the key of the rule, such as `required_tags[2] ("Owner").pattern`.
        field: Path,
        /// What it must be.
        expected: String,
        /// What it is.
        got: String,
    },
    /// There is no such field.
    #[error("{field}: unknown field{} (known here: {})", did_you_mean(*.meant), .known.join(", "))]
    UnknownField {
        /// Where its name is.
        at: Position,
        /// Its path.
        field: Path,
        /// The field that it probably is a misspelling of.
        meant: Option<&'static str>,
        /// The fields that there are.
        known: Vec<&'static str>,
    },
}

fn did_you_mean(meant: Option<&str>) -> String {
    meant.map_or_else(String::new, |meant| format!(", did you mean {meant}?"))
}

impl PolicyError {
    /// Where it is in the policy's text, where the policy was one.
    #[must_use]
    pub fn at(&self) -> Option<Position> {
        match self {
            Self::Syntax(error) => Some(error.at),
            Self::Variable { .. } => None,
            Self::Field { at, .. } => *at,
            Self::UnknownField { at, .. } => Some(*at),
        }
    }
}

/// Everything that is wrong with a policy, in the order of its text.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub struct PolicyErrors(pub Vec<PolicyError>);

/// All of it on one line. A place is given only where no path says it.
impl fmt::Display for PolicyErrors {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = |error: &PolicyError| match error {
            PolicyError::Syntax(syntax) => format!("{error} at {}", syntax.at),
            _ => error.to_string(),
        };
        let errors: Vec<_> = self.0.iter().map(text).collect();
        formatter.write_str(&errors.join("; "))
    }
}

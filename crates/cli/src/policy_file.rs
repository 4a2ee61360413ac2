//! A policy from a file.

use std::fmt;

use tag_compliance_core::json::{Node, Position};
use tag_compliance_core::policy::{PolicyError, PolicyErrors, TagPolicy};

use crate::input::{InputError, Source, written};
use crate::recognized::{Reader, Unknown, recognize};

/// Why a file gives no policy.
#[derive(Debug, thiserror::Error)]
pub enum PolicyFileError {
    /// It can't be read.
    #[error(transparent)]
    Input(#[from] InputError),
    /// It is something else.
    #[error(transparent)]
    Unknown(#[from] Unknown),
    /// Its policy is invalid.
    #[error("{name}: {errors}")]
    Policy { name: String, errors: PolicyErrors },
}

impl PolicyFileError {
    /// A line for each thing that is wrong.
    pub fn lines(&self) -> Vec<String> {
        match self {
            Self::Policy { name, errors } => {
                let errors = errors.0.iter();
                errors.map(|error| of_policy(name, error)).collect()
            }
            other => vec![other.to_string()],
        }
    }

    /// What the command reads instead, a line each.
    pub fn help(&self) -> &'static [&'static str] {
        match self {
            Self::Unknown(unknown) => unknown.accepted,
            _ => &[],
        }
    }
}

/// Reads a policy.
pub fn read(source: &Source) -> Result<TagPolicy, PolicyFileError> {
    Ok(read_written(source)?.0)
}

/// Reads a policy, and how it is written.
pub fn read_written(source: &Source) -> Result<(TagPolicy, Node), PolicyFileError> {
    let (text, name) = (source.read()?, source.to_string());
    let policy = written::parse(&name, &text)
        .map_err(|error| PolicyErrors(vec![PolicyError::Syntax(error)]))
        .and_then(|node| Ok((TagPolicy::from_node(&node)?, node)));
    policy.map_err(|errors| match recognize(&name, &text, Reader::Policy) {
        Some(unknown) => unknown.into(),
        None => PolicyFileError::Policy { name, errors },
    })
}

/// A message about a place in a file.
pub fn placed(name: &str, at: Option<Position>, what: &impl fmt::Display) -> String {
    let place = at.map(|at| format!(":{}:{}", at.line, at.column));
    format!("{name}{}: {what}", place.unwrap_or_default())
}

/// A line as compilers write it, so that editors and terminals lead to the place.
fn of_policy(name: &str, error: &PolicyError) -> String {
    placed(name, error.at(), error)
}

//! Why an explanation fails.

use tag_compliance_core::json::{FieldError, SyntaxError};
use tag_compliance_core::text::OneLine;

use crate::input::InputError;
use crate::output::OutputError;
use crate::policy_file::PolicyFileError;
use crate::recognized::{Reader, Unknown};

/// Why an explanation fails.
#[derive(Debug, thiserror::Error)]
pub enum ExplainError {
    /// A file gives no policy.
    #[error(transparent)]
    Policy(#[from] PolicyFileError),
    /// A file can't be read.
    #[error(transparent)]
    Input(#[from] InputError),
    /// A file is of a kind that `explain` does not read.
    #[error(transparent)]
    Unknown(#[from] Unknown),
    /// A part is not JSON.
    #[error("{place}: {error}")]
    NotJson { place: String, error: SyntaxError },
    /// A field is invalid.
    #[error("{place}: {source}")]
    Event { place: String, source: FieldError },
    /// An event is about no instance.
    #[error("{place}: {reason}")]
    NoInstance { place: String, reason: String },
    /// A list of instances or events is empty.
    #[error("{name}: the file has no instances")]
    NothingIn { name: String },
    /// A file doesn't say which tags the instance has.
    #[error(
        "{place}: the file does not say which tags the instance has; give --tag KEY=VALUE or --untagged"
    )]
    NoTags { place: String },
    /// A tag is given twice. Its values may be secrets.
    #[error("--tag {}: given twice: expected one value", OneLine(key))]
    TagTwice { key: String },
    /// An option names one instance where a file has several.
    #[error("--instance-id names one instance, but {name} has {count}")]
    OneId { name: String, count: usize },
    /// Parts of a file can't be explained.
    #[error("{} parts can't be explained", .0.len())]
    Parts(Vec<Self>),
    /// The explanation can't be printed.
    #[error(transparent)]
    Output(#[from] OutputError),
}

impl ExplainError {
    /// A line for each thing that is wrong.
    pub fn lines(&self) -> Vec<String> {
        match self {
            Self::Policy(error) => error.lines(),
            Self::Parts(errors) => errors.iter().flat_map(Self::lines).collect(),
            other => vec![other.to_string()],
        }
    }

    /// What the command reads instead, a line each.
    pub fn help(&self) -> &'static [&'static str] {
        match self {
            Self::Policy(error) => error.help(),
            Self::Unknown(unknown) => unknown.accepted,
            Self::NoInstance { .. } => Reader::Explain.accepted(),
            Self::Parts(errors) => errors.iter().map(Self::help).max().unwrap_or_default(),
            _ => &[],
        }
    }
}

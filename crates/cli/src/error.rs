//! Why a command fails.

use std::io;
use std::path::PathBuf;

use tag_compliance_aws::error::CallError;
use tag_compliance_core::json::{FieldError, SyntaxError};
use tag_compliance_core::policy::{PolicyError, PolicyErrors};

use crate::aws::AccessError;
use crate::fleet::UnreadRegion;
use crate::import::ImportError;
use crate::redrive::RedriveError;

/// Why a command fails.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A file can't be read.
    #[error("{name}: {source}")]
    Read { name: String, source: io::Error },
    /// A file holds no text.
    #[error("{name}: expected UTF-8 or UTF-16 text, got {got}")]
    NoText { name: String, got: String },
    /// Standard input is asked for twice.
    #[error("standard input can be read only once: give - for one file")]
    StandardInputTwice,
    /// A file can't be written.
    #[error("{}: {source}", path.display())]
    Write { path: PathBuf, source: io::Error },
    /// Standard output can't be written.
    #[error("standard output: {0}")]
    Print(io::Error),
    /// A policy is not one that can be used.
    #[error("{name}: {errors}")]
    Policy { name: String, errors: PolicyErrors },
    /// An event is not JSON.
    #[error("{place}: {error}")]
    NotJson { place: String, error: SyntaxError },
    /// A field of an event is not what it must be.
    #[error("{place}: {source}")]
    Event { place: String, source: FieldError },
    /// An event is about no instance.
    #[error("{place}: {reason}")]
    NoInstance { place: String, reason: String },
    /// A file is none of those that the command reads.
    #[error("{place}: this looks like {what}")]
    Unknown {
        place: String,
        what: String,
        /// What it reads instead, a line each.
        accepted: &'static [&'static str],
    },
    /// A list of instances or events is empty.
    #[error("{name}: the file has no instances")]
    NothingIn { name: String },
    /// A file doesn't say which tags the instance has.
    #[error(
        "{place}: the file does not say which tags the instance has; give them by --tag KEY=VALUE, or --untagged"
    )]
    NoTags { place: String },
    /// A tag is given twice.
    #[error("--tag {key}: given twice, as \"{}\" and as \"{}\"", values.0, values.1)]
    TagTwice {
        key: String,
        values: (String, String),
    },
    /// An option names one instance where a file has several.
    #[error("--instance-id names one instance, but {name} has {count}")]
    OneId { name: String, count: usize },
    /// Parts of a file can't be explained.
    #[error("{} parts can't be explained", .0.len())]
    Parts(Vec<Self>),
    /// Files can't be converted to a policy.
    #[error(transparent)]
    Import(#[from] ImportError),
    /// AWS can't be called.
    #[error(transparent)]
    Access(#[from] AccessError),
    /// A redrive can't go on.
    #[error(transparent)]
    Redrive(#[from] RedriveError),
    /// The account's regions can't be listed.
    #[error("the account's regions: {0}")]
    ListRegions(CallError),
    /// No region can be read.
    #[error("{} regions can't be read", .0.len())]
    Regions(Vec<UnreadRegion>),
    /// The operating system refuses what the program needs to run.
    #[error("the program cannot start: {0}")]
    Runtime(io::Error),
    /// Rows can't be written.
    #[error("the rows can't be written: {0}")]
    Rows(#[from] csv::Error),
    /// A page can't be made.
    #[error("the page can't be made: {0}")]
    Page(#[from] askama::Error),
}

impl From<CallError> for Error {
    fn from(error: CallError) -> Self {
        Self::Redrive(error.into())
    }
}

impl Error {
    /// The error, a line for each thing that is wrong.
    pub fn lines(&self) -> Vec<String> {
        match self {
            Self::Policy { name, errors } => {
                let errors = errors.0.iter();
                errors.map(|error| of_policy(name, error)).collect()
            }
            Self::Parts(errors) => errors.iter().flat_map(Self::lines).collect(),
            Self::Regions(regions) => regions.iter().map(ToString::to_string).collect(),
            other => vec![other.to_string()],
        }
    }

    /// What the command reads instead, a line each.
    pub fn help(&self) -> &'static [&'static str] {
        match self {
            Self::Unknown { accepted, .. } => accepted,
            Self::NoInstance { .. } => crate::explain::ACCEPTED,
            Self::Parts(errors) => errors.iter().map(Self::help).max().unwrap_or_default(),
            _ => &[],
        }
    }
}

/// A line as compilers write it, so that editors and terminals lead to the place.
fn of_policy(name: &str, error: &PolicyError) -> String {
    let place = error.at().map(|at| format!(":{}:{}", at.line, at.column));
    format!("{name}{}: {error}", place.unwrap_or_default())
}

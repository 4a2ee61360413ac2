//! Why a command fails.

use std::io;
use std::path::PathBuf;

use tag_compliance_aws::error::CallError;
use tag_compliance_core::json::FieldError;
use tag_compliance_core::policy::PolicyErrors;

use crate::import::ImportError;

/// Why a command fails.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A file can't be read.
    #[error("{name}: {source}")]
    Read { name: String, source: io::Error },
    /// Standard input is asked for twice.
    #[error("only one of --policy and --event can be read from standard input")]
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
    #[error("{name}: not JSON: {source}")]
    NotJson {
        name: String,
        source: serde_json::Error,
    },
    /// A field of an event is not what it must be.
    #[error("{name}: {source}")]
    Event { name: String, source: FieldError },
    /// An event is about none or several instances.
    #[error("{name}: {reason}")]
    NotOneInstance { name: String, reason: String },
    /// An event doesn't say which tags the instance has.
    #[error(
        "{name}: the event doesn't hold the instance's tags: give them by --tag KEY=VALUE, or --untagged"
    )]
    NoTags { name: String },
    /// Files can't be made a policy.
    #[error(transparent)]
    Import(#[from] ImportError),
    /// No region is configured.
    #[error(
        "no region: give it by --region, by AWS_REGION, or in the profile of the AWS configuration"
    )]
    NoRegion,
    /// AWS can't be asked for anything.
    #[error("no AWS credentials {searched}: {reason}")]
    NoCredentials { searched: String, reason: String },
    /// Regions can't be read.
    #[error("{} regions can't be read", .0.len())]
    Regions(Vec<(String, CallError)>),
    /// The operating system refuses what the program needs to run.
    #[error("the program can't start its work: {0}")]
    Runtime(io::Error),
    /// Rows can't be written.
    #[error("the rows can't be written: {0}")]
    Rows(#[from] csv::Error),
    /// A page can't be made.
    #[error("the page can't be made: {0}")]
    Page(#[from] askama::Error),
}

impl Error {
    /// The error, a line for each thing that is wrong.
    pub fn lines(&self) -> Vec<String> {
        match self {
            Self::Policy { name, errors } => errors
                .0
                .iter()
                .map(|error| format!("{name}: {error}"))
                .collect(),
            Self::Regions(errors) => errors.iter().map(of_region).collect(),
            other => vec![other.to_string()],
        }
    }
}

fn of_region((region, error): &(String, CallError)) -> String {
    format!("{region}: {error}")
}

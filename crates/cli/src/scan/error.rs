//! Why a scan fails.

use std::io;

use tag_compliance_core::text::OneLine;

use super::format::UnknownEnding;
use crate::fleet::FleetError;
use crate::input::InputError;
use crate::output::OutputError;
use crate::policy_file::PolicyFileError;
use crate::report::error::ReportError;
use crate::report::prices::PricesError;

/// Why a scan fails.
#[derive(Debug, thiserror::Error)]
pub enum ScanError {
    /// A file gives no policy.
    #[error(transparent)]
    Policy(#[from] PolicyFileError),
    /// A file can't be read.
    #[error(transparent)]
    Input(#[from] InputError),
    /// A file holds no prices.
    #[error("{name}: not a price file: {source}")]
    Prices { name: String, source: PricesError },
    /// A file is not an earlier report.
    #[error("{name}: not a report of scan --format json: {source}")]
    Baseline {
        name: String,
        source: serde_json::Error,
    },
    /// The output file's extension is unknown.
    #[error(transparent)]
    Ending(#[from] UnknownEnding),
    /// A filter would show a secret, and tell whether it is guessed.
    #[error(
        "--where {0}: the values of forbidden tags are secret: expected a key that the policy does not forbid, or {0}=",
        OneLine(key)
    )]
    SecretWhere { key: String },
    /// Only CSV has a byte order mark.
    #[error("--bom applies only to CSV: give --format csv")]
    MarkWithoutCsv,
    /// The operating system refuses what the program needs to run.
    #[error("the program cannot start: {0}")]
    Runtime(io::Error),
    /// Nothing could be read from AWS.
    #[error(transparent)]
    Fleet(#[from] FleetError),
    /// The report can't be written in its format.
    #[error(transparent)]
    Report(#[from] ReportError),
    /// The report can't be written to its destination.
    #[error(transparent)]
    Output(#[from] OutputError),
}

impl ScanError {
    /// A line for each thing that is wrong.
    pub fn lines(&self) -> Vec<String> {
        match self {
            Self::Policy(error) => error.lines(),
            Self::Fleet(error) => error.lines(),
            other => vec![other.to_string()],
        }
    }

    /// What the command reads instead, a line each.
    pub fn help(&self) -> &'static [&'static str] {
        match self {
            Self::Policy(error) => error.help(),
            _ => &[],
        }
    }
}

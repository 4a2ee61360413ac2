//! Why the program fails: each command has errors of its own.

use crate::explain::ExplainError;
use crate::output::OutputError;
use crate::policy_commands::PolicyCommandError;
use crate::redrive::RedriveError;
use crate::scan::ScanError;

/// Why the program fails.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error(transparent)]
    Explain(#[from] ExplainError),
    #[error(transparent)]
    Scan(#[from] ScanError),
    #[error(transparent)]
    Redrive(#[from] RedriveError),
    #[error(transparent)]
    Policy(#[from] PolicyCommandError),
    /// Of a command that only writes.
    #[error(transparent)]
    Output(#[from] OutputError),
}

impl Error {
    /// A line for each thing that is wrong.
    pub fn lines(&self) -> Vec<String> {
        match self {
            Self::Explain(error) => error.lines(),
            Self::Scan(error) => error.lines(),
            Self::Policy(error) => error.lines(),
            Self::Redrive(_) | Self::Output(_) => vec![self.to_string()],
        }
    }

    /// What the command reads instead, a line each.
    pub fn help(&self) -> &'static [&'static str] {
        match self {
            Self::Explain(error) => error.help(),
            Self::Scan(error) => error.help(),
            Self::Policy(error) => error.help(),
            Self::Redrive(_) | Self::Output(_) => &[],
        }
    }
}

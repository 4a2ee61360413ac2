//! Why a command about policies fails.

use crate::import::ImportError;
use crate::input::InputError;
use crate::output::OutputError;
use crate::policy_file::PolicyFileError;
use crate::recognized::Unknown;

/// Why a command about policies fails.
#[derive(Debug, thiserror::Error)]
pub enum PolicyCommandError {
    /// A file isn't a valid policy.
    #[error(transparent)]
    Policy(#[from] PolicyFileError),
    /// A file can't be read.
    #[error(transparent)]
    Input(#[from] InputError),
    /// Files can't be converted to a policy.
    #[error(transparent)]
    Import(#[from] ImportError),
    /// A file has none of the formats that can be imported.
    #[error(transparent)]
    Unknown(#[from] Unknown),
    /// The result can't be printed.
    #[error(transparent)]
    Output(#[from] OutputError),
}

impl PolicyCommandError {
    /// One line for each fault.
    pub fn lines(&self) -> Vec<String> {
        match self {
            Self::Policy(error) => error.lines(),
            other => vec![other.to_string()],
        }
    }

    /// The accepted inputs, over several lines.
    pub fn help(&self) -> &'static [&'static str] {
        match self {
            Self::Policy(error) => error.help(),
            Self::Unknown(unknown) => unknown.accepted,
            _ => &[],
        }
    }
}

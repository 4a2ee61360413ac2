//! Why a redrive can't go on.

use std::io;

use tag_compliance_aws::error::CallError;
use tag_compliance_core::json::SyntaxError;

use super::queue_url::InvalidQueueUrl;
use super::signals::{Ended, Signal};
use crate::aws::AccessError;
use crate::input::InputError;
use crate::output::OutputError;

/// Why a redrive can't go on.
#[derive(Debug, thiserror::Error)]
pub enum RedriveError {
    /// Neither the outputs nor both names are given.
    #[error("no queue and function: give --outputs, or --queue-url and --function")]
    NoTarget,
    /// The file of outputs does not exist.
    #[error(
        "{path} does not exist: expected the outputs that scripts/deploy.sh writes; \
         give others with --outputs, or --queue-url and --function"
    )]
    NoOutputs { path: String },
    /// The file holds something else.
    #[error("{path}: expected a JSON object of outputs")]
    NotOutputs { path: String },
    /// An output is missing, or not text.
    #[error("{path}: expected the output {name}, got {got}")]
    Output {
        path: String,
        name: &'static str,
        got: String,
    },
    /// The outputs belong to another environment.
    #[error("{path}: expected the outputs of the environment {expected}, got those of {got}")]
    OtherEnvironment {
        path: String,
        expected: String,
        got: String,
    },
    /// This is not the URL of a dead-letter queue.
    #[error(transparent)]
    QueueUrl(#[from] InvalidQueueUrl),
    /// The queue has a dead-letter queue of its own, so its messages are not dead yet.
    #[error(
        "{queue} is not a dead-letter queue: it has one of its own ({policy}), so its messages \
         are still being delivered"
    )]
    LiveQueue { queue: String, policy: String },
    /// The messages to drop were not received.
    #[error(
        "not among the visible messages: {}; someone may have received them (hidden for up to 15 minutes)",
        .0.join(", ")
    )]
    NotFound(Vec<String>),
    /// A call to AWS failed.
    #[error(transparent)]
    Call(#[from] CallError),
    /// The file of outputs can't be read.
    #[error(transparent)]
    Input(#[from] InputError),
    /// The file of outputs is not JSON.
    #[error("{place}: {error}")]
    NotJson { place: String, error: SyntaxError },
    /// The operating system refuses what the program needs to run.
    #[error("the program cannot start: {0}")]
    Runtime(io::Error),
    /// AWS can't be called.
    #[error(transparent)]
    Access(#[from] AccessError),
    /// Progress can't be printed.
    #[error(transparent)]
    Print(#[from] OutputError),
    /// A signal arrived, and the messages held were returned.
    #[error(transparent)]
    Ended(#[from] Ended),
    /// A second signal arrived before that.
    #[error(
        "ended by {0} before it returned the messages it held: they stay hidden for up to 15 minutes, and \
         accepted ones are delivered again"
    )]
    CutShort(Signal),
}

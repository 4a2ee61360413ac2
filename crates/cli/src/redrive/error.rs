//! Why a redrive can't go on.

use tag_compliance_aws::error::CallError;
use tag_compliance_core::expected::Expected as _;

use super::queue_url::QueueUrl;
use super::signals::Signal;

/// Why a redrive can't go on.
#[derive(Debug, thiserror::Error)]
pub enum RedriveError {
    /// Neither outputs nor both names are given.
    #[error(
        "which queue and function? Give the environment's outputs by --outputs, or --queue-url and --function"
    )]
    NoTarget,
    /// The file of outputs is not there.
    #[error(
        "{path} does not exist: expected the outputs that scripts/deploy.sh writes; \
         name others by --outputs, or queue and function by --queue-url and --function"
    )]
    NoOutputs { path: String },
    /// The file holds something else.
    #[error("{path}: expected a JSON object of outputs")]
    NotOutputs { path: String },
    /// An output is missing, or no text.
    #[error("{path}: expected the output {name}, got {got}")]
    Output {
        path: String,
        name: &'static str,
        got: String,
    },
    /// The outputs are those of another environment.
    #[error("{path}: expected the outputs of the environment {expected}, got those of {got}")]
    OtherEnvironment {
        path: String,
        expected: String,
        got: String,
    },
    /// What is called a queue's URL is none of a dead-letter queue.
    #[error("expected {expected}, got {got}", expected = QueueUrl::EXPECTED)]
    QueueUrl { got: String },
    /// The queue has a dead-letter queue of its own, so its messages are not dead yet.
    #[error(
        "{queue} is no dead-letter queue: it moves what fails to another one ({policy}), and its messages \
         are still to be delivered"
    )]
    LiveQueue { queue: String, policy: String },
    /// What is to be dropped was not received.
    #[error(
        "not among the visible messages: {}; someone may have received them (hidden for up to 15 minutes)",
        .0.join(", ")
    )]
    NotFound(Vec<String>),
    /// AWS did not do it.
    #[error(transparent)]
    Call(#[from] CallError),
    /// A signal came, and what is held was given back.
    #[error("ended by {0}")]
    Ended(Signal),
    /// A second one came before that.
    #[error(
        "ended by {0} before what is held was given back: it stays hidden for up to 15 minutes, and what was \
         accepted comes again"
    )]
    CutShort(Signal),
}

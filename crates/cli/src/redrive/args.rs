//! The arguments of `redrive`.

use clap::{Args, ValueHint};

use super::pace::Rate;
use super::queue_url::QueueUrl;
use crate::input::Source;
use crate::option_values::region;

/// Redeliver dead letters to the function
///
/// Receives the events from the dead-letter queue, invokes the function with each, and deletes those that
/// it answered without an error. The others stay in the queue and are visible again when the command
/// ends, also by Ctrl-C or SIGTERM. If it is killed (SIGKILL), they stay hidden for up to 15 minutes.
///
/// If `ENVIRONMENT_SUFFIX` is set, the outputs must belong to that environment. Credentials come from
/// where the AWS CLI takes them. It needs the permissions sqs:GetQueueAttributes, sqs:ReceiveMessage,
/// sqs:DeleteMessage and sqs:ChangeMessageVisibility on the queue, and lambda:InvokeFunction.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  tag-compliance redrive --outputs cfn-outputs/flat-outputs.json --dry-run
  tag-compliance redrive --outputs cfn-outputs/flat-outputs.json --rate 2
  tag-compliance redrive --queue-url URL --function tag-compliance-checker-prod --max 10
  tag-compliance redrive --queue-url URL --drop 5fea7756-0ea4-451a-a703-a558b933e274

Exit codes: 0 every event was accepted, 1 events are left, or an error, 2 wrong arguments, 128 + N ended by signal N.")]
pub struct Redrive {
    /// The environment's outputs, flat or as `terraform output -json` prints them, which name queue,
    /// function and region; - is standard input
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub outputs: Option<Source>,
    /// The dead-letter queue [default: from the outputs]
    #[arg(long, value_name = "URL")]
    pub queue_url: Option<QueueUrl>,
    /// The function's name or ARN [default: from the outputs]
    #[arg(long, value_name = "NAME")]
    pub function: Option<String>,
    /// The region of both [default: from the queue's URL, the outputs, or the AWS configuration]
    #[arg(long, value_parser = region)]
    pub region: Option<String>,
    /// The profile of the AWS configuration, instead of the environment's credentials
    #[arg(long)]
    pub profile: Option<String>,
    /// Handle at most N messages
    #[arg(long, value_name = "N", value_parser = positive)]
    pub max: Option<usize>,
    /// Invoke the function at most N times a second
    ///
    /// Each event costs a call of ec2:DescribeInstances, of which EC2 allows an account 20 a second per
    /// region. The default uses a quarter and leaves the rest to new events and your other tools.
    #[arg(long, value_name = "N", default_value = "5")]
    pub rate: Rate,
    /// After a signal, wait this many seconds for the answer to the event under way
    ///
    /// Most answers arrive in time. Container and CI runners kill a job seconds after the signal, which
    /// must be enough to return the other messages to the queue.
    #[arg(long, value_name = "SECONDS", default_value = "1")]
    pub grace: u16,
    /// Delete only this message, and invoke nothing; --dry-run shows the ids [may be repeated]
    #[arg(long, value_name = "MESSAGE-ID", conflicts_with_all = ["max", "rate"])]
    pub drop: Vec<String>,
    /// Show the messages and leave them all in the queue
    #[arg(long)]
    pub dry_run: bool,
}

fn positive(text: &str) -> Result<usize, &'static str> {
    let number = text.parse().ok().filter(|&number| number > 0);
    number.ok_or("expected a number of at least 1")
}

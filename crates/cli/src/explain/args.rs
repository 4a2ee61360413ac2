//! The arguments of `explain`.

use clap::{Args, ValueEnum, ValueHint};
use tag_compliance_core::instance::{AccountId, InstanceId, InstanceState, ServicePrincipal};
use tag_compliance_core::timestamp::Timestamp;

use super::attributes::Attributes;
use crate::input::Source;
use crate::option_values::{day, state_parser, tag};

/// Stands in for an unknown instance id.
pub const UNKNOWN_ID: &str = "i-00000000";

/// Explain rule by rule how a policy evaluates an instance, without AWS
///
/// The instance comes from a file or from the other options. Options override the file, so --tag shows
/// what another tag would change.
///
/// A file holds an EventBridge event, an audit record, the output of `aws ec2 describe-instances` or
/// instances from it, an AWS Config configuration item or its history, or a CloudTrail record, log file
/// or `lookup-events` answer. If it holds several, also as JSON Lines, each is explained; with --format
/// json, each on a line of its own.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  tag-compliance explain --policy policy.json --event record.json
  tag-compliance explain --policy policy.json --event state-change.json --untagged
  tag-compliance explain --policy policy.json --tag Owner=web --tag Environment=prod --state stopped
  aws s3 cp s3://BUCKET/scans/2025-12-03/i-0abc….json - |
    tag-compliance explain --policy policy.json --event -
  aws ec2 describe-instances --instance-ids i-0abc… |
    tag-compliance explain --policy policy.json --event -

Exit codes: 0 compliant, exempt, out of scope or terminated; 1 non-compliant; 2 error.")]
pub struct Explain {
    /// The policy, as JSON or YAML; - is standard input
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub policy: Source,
    /// The instance: an event, a record or a description; - is standard input
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    #[arg(required_unless_present_any = ["tag", "untagged"])]
    pub event: Option<Source>,
    /// A tag of the instance, in addition to those of the event [may be repeated]
    #[arg(long, value_name = "KEY=VALUE", value_parser = tag)]
    pub tag: Vec<(String, String)>,
    /// The instance has no tags, whatever the event says
    #[arg(long, conflicts_with = "tag")]
    pub untagged: bool,
    /// The instance's state [default: the event's, or running]
    #[arg(long, value_parser = state_parser(InstanceState::ALL))]
    pub state: Option<InstanceState>,
    /// The instance's region [default: the event's]
    #[arg(long)]
    pub region: Option<String>,
    /// The id of the account that owns the instance [default: the event's]
    #[arg(long)]
    pub account: Option<AccountId>,
    /// The AWS service that manages the instance, such as eks.amazonaws.com [default: the record's]
    #[arg(long, value_name = "PRINCIPAL")]
    pub operator: Option<ServicePrincipal>,
    #[command(flatten)]
    pub attributes: Attributes,
    /// The instance's id [default: the event's]
    #[arg(long, value_name = "ID", default_value = UNKNOWN_ID, hide_default_value = true)]
    pub instance_id: InstanceId,
    /// When the instance was launched, as RFC 3339 [default: the record's]
    #[arg(long, value_name = "TIME")]
    pub launched_at: Option<Timestamp>,
    /// When to evaluate: a day (UTC) or an RFC 3339 time [default: the time of the event or record, or now]
    #[arg(long, value_name = "DAY", value_parser = day)]
    pub at: Option<Timestamp>,
    /// The output format
    #[arg(long, value_enum, default_value_t)]
    pub format: ExplainFormat,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum ExplainFormat {
    #[default]
    Text,
    Json,
}

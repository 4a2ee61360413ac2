//! The arguments.

use std::path::PathBuf;

use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{Args, Parser, Subcommand, ValueEnum, ValueHint};
use clap_complete::Shell;
use tag_compliance_core::instance::{
    AccountId, InstanceId, InstanceState, LiveState, ServicePrincipal,
};
use tag_compliance_core::timestamp::Timestamp;

use crate::input::Source;

/// What stands for the id of an instance that is not known.
pub const UNKNOWN_ID: &str = "i-00000000";

/// Evaluates EC2 instances by their tags, and checks the policies that say which tags they need.
#[derive(Debug, Parser)]
#[command(
    name = "tag-compliance",
    version,
    propagate_version = true,
    arg_required_else_help = true
)]
#[command(after_help = "\
Examples:
  tag-compliance policy check policy.json
  tag-compliance explain --policy policy.json --tag Environment=prod --tag Owner=web
  tag-compliance scan --policy policy.json --region eu-central-1 --format html --output report.html

Exit codes: 0 nothing is violated, 1 something is, 2 error.")]
pub struct Arguments {
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    Explain(Explain),
    Scan(Scan),
    #[command(subcommand)]
    Policy(Policy),
    /// Print the completion script of a shell
    #[command(after_help = "\
Examples:
  tag-compliance completions bash > ~/.local/share/bash-completion/completions/tag-compliance
  tag-compliance completions zsh > \"${fpath[1]}/_tag-compliance\"
  tag-compliance completions fish > ~/.config/fish/completions/tag-compliance.fish")]
    Completions {
        /// The shell
        shell: Shell,
    },
}

/// Say rule by rule what a policy makes of one instance, without AWS
///
/// The instance is that of an event, of an audit record, or of the other options. These also
/// replace what an event says: so --tag shows what another tag would change.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  tag-compliance explain --policy policy.json --event record.json
  tag-compliance explain --policy policy.json --event state-change.json --untagged
  tag-compliance explain --policy policy.json --tag Owner=web --tag Environment=prod --state stopped
  aws s3 cp s3://BUCKET/scans/2025-12-03/i-0abc….json - |
    tag-compliance explain --policy policy.json --event -

Exit codes: 0 compliant, exempt, out of scope or terminated; 1 non-compliant; 2 error.")]
pub struct Explain {
    /// The policy's JSON document; - is standard input
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub policy: Source,
    /// An event of EventBridge, or an audit record; - is standard input
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    #[arg(required_unless_present_any = ["tag", "untagged"])]
    pub event: Option<Source>,
    /// A tag of the instance, beside those of the event [may be repeated]
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
    /// The instance's id [default: the event's]
    #[arg(long, value_name = "ID", default_value = UNKNOWN_ID, hide_default_value = true)]
    pub instance_id: InstanceId,
    /// When the instance was launched, as RFC 3339 [default: the record's]
    #[arg(long, value_name = "TIME")]
    pub launched_at: Option<Timestamp>,
    /// When to evaluate, as RFC 3339 [default: the time of the event or record, or now]
    #[arg(long, value_name = "TIME")]
    pub at: Option<Timestamp>,
    /// How to write it
    #[arg(long, value_enum, default_value_t)]
    pub format: ExplainFormat,
}

/// Evaluate the fleet as it is now
///
/// Reads the instances by ec2:DescribeInstances and changes nothing. Credentials, region and
/// endpoints are those of the AWS command line: environment, configuration files, SSO, roles.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  tag-compliance scan --policy policy.json
  tag-compliance scan --policy policy.json --region us-east-1 --region eu-central-1 --profile audit
  tag-compliance scan --policy policy.json --output report.html
  tag-compliance scan --policy policy.json --format json | jq .totals

Exit codes: 0 nothing is non-compliant, 1 something is, 2 error.")]
pub struct Scan {
    /// The policy's JSON document; - is standard input
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub policy: Source,
    /// A region [default: that of the AWS configuration] [may be repeated]
    #[arg(long, value_delimiter = ',')]
    pub region: Vec<String>,
    /// The profile of the AWS configuration; the environment's credentials are then left aside
    #[arg(long)]
    pub profile: Option<String>,
    /// A state of instances [may be repeated]
    #[arg(long, value_delimiter = ',', value_parser = state_parser(LiveState::all().map(InstanceState::from)))]
    #[arg(default_values = ["running", "stopped"])]
    pub state: Vec<InstanceState>,
    /// How to write it [default: by the end of the output file's name, or table]
    #[arg(long, value_enum)]
    pub format: Option<ScanFormat>,
    /// Write to a file, and only a summary to standard error
    #[arg(long, short, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub output: Option<PathBuf>,
    /// List the compliant and exempt instances, too
    #[arg(long)]
    pub all: bool,
}

/// Work with policies
#[derive(Debug, Subcommand)]
pub enum Policy {
    /// Say what a policy asks for, or everything that is wrong with it
    #[command(after_help = "\
Examples:
  tag-compliance policy check policy.json
  terraform console <<< 'jsonencode(var.tag_policy)' |
    jq -r . | jq 'del(.. | nulls)' | tag-compliance policy check -")]
    Check {
        /// The policy's JSON document; - is standard input
        #[arg(value_name = "FILE", value_hint = ValueHint::FilePath)]
        policy: Source,
    },
    /// Make a policy of tag policies of AWS Organizations or rules of AWS Config
    #[command(after_help = "\
Examples:
  aws organizations describe-effective-policy --policy-type TAG_POLICY > effective.json
  tag-compliance policy import effective.json > policy.json
  aws configservice describe-config-rules > rules.json
  tag-compliance policy import rules.json > policy.json

The policy goes to standard output; what could not be taken over is noted on standard error.")]
    Import {
        /// What AWS answered, or the policy's own text; - is standard input
        #[arg(value_name = "FILE", required = true, value_hint = ValueHint::FilePath)]
        files: Vec<Source>,
    },
    /// Print the JSON Schema of policies, for editors
    #[command(after_help = "\
Examples:
  tag-compliance policy schema > tag-policy.schema.json

Then a policy that begins with {\"$schema\": \"./tag-policy.schema.json\", … is completed and checked
by editors.")]
    Schema,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum ExplainFormat {
    #[default]
    Text,
    Json,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum ScanFormat {
    /// The violations in columns, for a terminal
    #[default]
    Table,
    /// A document, for programs
    Json,
    /// A row for each violation, for spreadsheets
    Csv,
    /// Tables for a pull request or a wiki
    Markdown,
    /// A page of its own, for people and printers
    Html,
}

impl Scan {
    /// How to write what was found.
    pub fn format(&self) -> ScanFormat {
        let extension = self.output.as_ref().and_then(|path| path.extension());
        let by_name = || match extension?.to_str()? {
            "json" => Some(ScanFormat::Json),
            "csv" => Some(ScanFormat::Csv),
            "md" => Some(ScanFormat::Markdown),
            "html" | "htm" => Some(ScanFormat::Html),
            _ => None,
        };
        self.format.or_else(by_name).unwrap_or_default()
    }
}

fn state_parser(
    states: impl IntoIterator<Item = InstanceState>,
) -> impl TypedValueParser<Value = InstanceState> {
    let names = states.into_iter().map(InstanceState::as_str);
    PossibleValuesParser::new(names).try_map(|state| state.parse::<InstanceState>())
}

fn tag(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((key, value)) if !key.is_empty() => Ok((key.to_owned(), value.to_owned())),
        _ => Err("expected KEY=VALUE".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[derive(Parser)]
    struct Only {
        #[command(flatten)]
        scan: Scan,
    }

    #[test]
    fn the_arguments_are_consistent() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn the_format_is_that_of_the_file_unless_it_is_given() {
        let format = |arguments: &[&str]| {
            let scan = ["scan", "--policy", "p"];
            Only::parse_from(scan.iter().chain(arguments)).scan.format()
        };
        for (name, expected) in [
            ("a.json", ScanFormat::Json),
            ("a.csv", ScanFormat::Csv),
            ("a.md", ScanFormat::Markdown),
            ("a.html", ScanFormat::Html),
            ("a.htm", ScanFormat::Html),
            ("a.txt", ScanFormat::Table),
            ("a", ScanFormat::Table),
        ] {
            assert_eq!(format(&["--output", name]), expected, "{name}");
        }
        assert_eq!(
            format(&["-o", "a.html", "--format", "csv"]),
            ScanFormat::Csv
        );
        assert_eq!(format(&[]), ScanFormat::Table);
    }
}

//! The arguments.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{Args, Parser, Subcommand, ValueEnum, ValueHint};
use clap_complete::Shell;
use tag_compliance_core::instance::{
    AccountId, InstanceId, InstanceState, InvalidRegionName, LiveState, RegionName,
    ServicePrincipal,
};
use tag_compliance_core::timestamp::Timestamp;

use crate::input::Source;
use crate::redrive::{QueueUrl, Rate};

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
    Redrive(Redrive),
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
    /// Write the manual pages, one per command
    #[command(after_help = "\
Examples:
  tag-compliance man ~/.local/share/man/man1
  man tag-compliance-scan")]
    Man {
        /// Where to write them; created if it does not exist
        #[arg(value_name = "DIRECTORY", value_hint = ValueHint::DirPath)]
        directory: PathBuf,
    },
}

/// Explain rule by rule how a policy evaluates an instance, without AWS
///
/// The instance comes from a file, or from the other options. These override what the file says, so
/// that --tag shows what another tag would change.
///
/// A file is an event of EventBridge, an audit record, the output of `aws ec2 describe-instances` or
/// instances from it, a configuration item of AWS Config or its history, or CloudTrail's record of a
/// call, its log files and `lookup-events`. If there are several, in JSON Lines too, each is
/// explained; with --format json, each on one line.
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

Exit codes: 0 compliant, exempt, out of scope or terminated; 1 one is non-compliant; 2 error.")]
pub struct Explain {
    /// The policy's JSON document; - is standard input
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
    /// The instance's id [default: the event's]
    #[arg(long, value_name = "ID", default_value = UNKNOWN_ID, hide_default_value = true)]
    pub instance_id: InstanceId,
    /// When the instance was launched, as RFC 3339 [default: the record's]
    #[arg(long, value_name = "TIME")]
    pub launched_at: Option<Timestamp>,
    /// When to evaluate, as RFC 3339 [default: the time of the event or record, or now]
    #[arg(long, value_name = "TIME")]
    pub at: Option<Timestamp>,
    /// The output format
    #[arg(long, value_enum, default_value_t)]
    pub format: ExplainFormat,
}

/// Evaluate the fleet as it is now
///
/// Reads the instances and changes nothing. Credentials, region, endpoints, proxies, certificate
/// authorities and retries are those of the AWS CLI: environment, configuration files, SSO, sign-ins,
/// roles. The exception is MFA, which only the AWS CLI can ask for.
///
/// It needs the permission ec2:DescribeInstances, and with --all-regions ec2:DescribeRegions.
///
/// A region that can't be read is named on standard error and, except in CSV, in the report; the
/// others are reported.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  tag-compliance scan --policy policy.json
  tag-compliance scan --policy policy.json --region us-east-1 --region eu-central-1 --profile audit
  tag-compliance scan --policy policy.json --all-regions --output report.html
  tag-compliance scan --policy policy.json --format json | jq .totals

Exit codes: 0 nothing is non-compliant, 1 something is, 2 error, or a region could not be read.")]
pub struct Scan {
    /// The policy's JSON document; - is standard input
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub policy: Source,
    /// A region [default: that of the AWS configuration] [may be repeated]
    #[arg(long, value_delimiter = ',', value_parser = region)]
    pub region: Vec<String>,
    /// All regions that are enabled for the account, as ec2:DescribeRegions lists them
    #[arg(long, conflicts_with = "region")]
    pub all_regions: bool,
    /// The profile of the AWS configuration; the environment's credentials are then ignored
    #[arg(long)]
    pub profile: Option<String>,
    /// A state of instances [may be repeated]
    #[arg(long, value_delimiter = ',', value_parser = state_parser(LiveState::all().map(InstanceState::from)))]
    #[arg(default_values = ["running", "stopped"])]
    pub state: Vec<InstanceState>,
    /// The output format [default: by the output file's extension, or table]
    #[arg(long, value_enum)]
    pub format: Option<ScanFormat>,
    /// Write to a file, and only a summary to standard error
    #[arg(long, short, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub output: Option<PathBuf>,
    /// List the compliant and exempt instances, too
    #[arg(long)]
    pub all: bool,
}

/// Redeliver dead letters to the function
///
/// Takes the events out of the dead-letter queue, invokes the function with each of them, and deletes
/// those that it answered without an error. The others stay in the queue, and are visible again when
/// the command ends, by Ctrl-C or SIGTERM too. If it is killed (SIGKILL), they are hidden for up to 15 minutes.
///
/// Where `ENVIRONMENT_SUFFIX` is set, the outputs have to be those of that environment. Credentials are
/// those of the AWS CLI. It needs the permissions sqs:GetQueueAttributes, sqs:ReceiveMessage,
/// sqs:DeleteMessage and sqs:ChangeMessageVisibility on the queue, and lambda:InvokeFunction.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  tag-compliance redrive --outputs cfn-outputs/flat-outputs.json --dry-run
  tag-compliance redrive --outputs cfn-outputs/flat-outputs.json --rate 2
  tag-compliance redrive --queue-url URL --function tag-compliance-checker-prod --max 10
  tag-compliance redrive --queue-url URL --drop 5fea7756-0ea4-451a-a703-a558b933e274

Exit codes: 0 every event was accepted, 1 some are left or error, 2 wrong arguments, 128 + N ended by signal N.")]
pub struct Redrive {
    /// The environment's outputs, flat or as `terraform output -json` prints them: they name queue,
    /// function and region; - is standard input
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub outputs: Option<Source>,
    /// The dead-letter queue [default: that of the outputs]
    #[arg(long, value_name = "URL")]
    pub queue_url: Option<QueueUrl>,
    /// The function, by name or ARN [default: that of the outputs]
    #[arg(long, value_name = "NAME")]
    pub function: Option<String>,
    /// The region of both [default: that of the queue's URL, the outputs, or the AWS configuration]
    #[arg(long, value_parser = region)]
    pub region: Option<String>,
    /// The profile of the AWS configuration; the environment's credentials are then ignored
    #[arg(long)]
    pub profile: Option<String>,
    /// Handle at most N messages
    #[arg(long, value_name = "N", value_parser = positive)]
    pub max: Option<usize>,
    /// Invoke the function at most N times a second
    ///
    /// Each event costs a call of ec2:DescribeInstances, of which EC2 grants the account 20 a second in
    /// a region. A quarter of them leaves the rest to what happens meanwhile, and to your other tools.
    #[arg(long, value_name = "N", default_value = "5")]
    pub rate: Rate,
    /// After a signal, wait this many seconds for the answer to the event under way
    ///
    /// Most come in time, and whoever stops a container or a CI job kills it within seconds, before the
    /// other messages could be given back.
    #[arg(long, value_name = "SECONDS", default_value = "1")]
    pub grace: u16,
    /// Delete this message alone, and invoke nothing; --dry-run shows the ids [may be repeated]
    #[arg(long, value_name = "MESSAGE-ID", conflicts_with_all = ["max", "rate"])]
    pub drop: Vec<String>,
    /// Show the messages and leave them all
    #[arg(long)]
    pub dry_run: bool,
}

/// Work with policies
#[derive(Debug, Subcommand)]
pub enum Policy {
    /// Summarize a policy, or list everything that is wrong with it
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
    /// Convert tag policies of AWS Organizations or rules of AWS Config to a policy
    #[command(after_help = "\
Examples:
  aws organizations describe-effective-policy --policy-type TAG_POLICY > effective.json
  tag-compliance policy import effective.json > policy.json
  tag-compliance policy import root-first.json+root-second.json unit.json account.json > policy.json
  aws configservice describe-config-rules > rules.json
  tag-compliance policy import rules.json > policy.json
  terraform show -json | tag-compliance policy import - > policy.json

Tag policies inherit: give the root's first and the account's last. Those attached to the same place
are joined by a +, in the order in which they are attached.

The policy goes to standard output. Standard error says how many tags are required, optional,
forbidden and left out, and then what could not be converted: what changes verdicts comes first.")]
    Import {
        #[arg(
            help = "An answer of AWS, the policy's own text, a CloudFormation template as JSON, or the \
                      output of terraform show -json; - is standard input"
        )]
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

fn region(text: &str) -> Result<String, InvalidRegionName> {
    let name = text.parse::<RegionName>();
    name.map(|_| text.to_owned())
}

fn tag(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((key, value)) if !key.is_empty() => Ok((key.to_owned(), value.to_owned())),
        _ => Err("expected KEY=VALUE".to_owned()),
    }
}

/// The arguments as they are given. One that joins standard input and files by a plus is no option.
pub fn given(arguments: impl IntoIterator<Item = OsString>) -> Vec<OsString> {
    let mut given: Vec<OsString> = Vec::new();
    for argument in arguments {
        let is_joined = argument.as_encoded_bytes().starts_with(b"-+");
        if is_joined && !given.iter().any(|it| it == "--") {
            given.push("--".into());
        }
        given.push(argument);
    }
    given
}

fn positive(text: &str) -> Result<usize, &'static str> {
    let number = text.parse().ok().filter(|&number| number > 0);
    number.ok_or("expected a number of at least 1")
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

//! The arguments of `scan`.

use std::path::PathBuf;

use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{Args, ValueHint};
use tag_compliance_core::instance::{InstanceState, LiveState};
use tag_compliance_core::policy::document::Severity;
use tag_compliance_core::timestamp::Timestamp;

use super::format::{ScanFormat, UnknownEnding};
use crate::input::Source;
use crate::option_values::{day, region, state_parser, tag};

/// Evaluate the fleet as it is now
///
/// Reads the instances and changes nothing. Credentials, region, endpoints, proxies, certificate
/// authorities and retries come from where the AWS CLI takes them: environment, configuration files,
/// SSO, sign-ins, roles. The exception is MFA, which only the AWS CLI can ask for.
///
/// It needs the permission ec2:DescribeInstances and, with --all-regions, ec2:DescribeRegions.
///
/// A region that can't be read is named on standard error and, except in CSV, in the report; the
/// other regions are still reported.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  tag-compliance scan --policy policy.json
  tag-compliance scan --policy policy.json --region us-east-1 --region eu-central-1 --profile audit
  tag-compliance scan --policy policy.json --all-regions --output report.html
  tag-compliance scan --policy policy.json --format json | jq .totals
  tag-compliance scan --policy policy.json --owner web --prices prices.csv
  tag-compliance scan --policy policy.json --baseline last-week.json --output report.md
  tag-compliance scan --policy policy.json --compare-policy next.json
  tag-compliance scan --policy policy.json --output fix.sh

Exit codes: 0 no violation, 1 a violation, 2 error, or a region could not be read.")]
pub struct Scan {
    /// The policy, as JSON or YAML; - is standard input
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub policy: Source,
    /// A region to read [default: from the AWS configuration] [may be repeated]
    #[arg(long, value_delimiter = ',', value_parser = region)]
    pub region: Vec<String>,
    /// Read every region that is enabled for the account
    #[arg(long, conflicts_with = "region")]
    pub all_regions: bool,
    /// A profile of the AWS configuration, instead of the environment's credentials [may be repeated]
    #[arg(long)]
    pub profile: Vec<String>,
    /// An instance state to read [may be repeated]
    #[arg(long, value_delimiter = ',', value_parser = state_parser(LiveState::all().map(InstanceState::from)))]
    #[arg(default_values = ["running", "stopped"])]
    pub state: Vec<InstanceState>,
    /// The output format [default: by the output file's extension, or table]
    #[arg(long, value_enum)]
    pub format: Option<ScanFormat>,
    /// Write to a file, with only a summary on standard error
    #[arg(long, short, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub output: Option<PathBuf>,
    /// Also list the compliant and exempt instances
    #[arg(long)]
    pub all: bool,
    /// Count only instances with this tag; KEY= means empty or absent [may be repeated: all must match]
    #[arg(long = "where", value_name = "KEY=VALUE", value_parser = tag)]
    pub tags: Vec<(String, String)>,
    /// Count only this owner's instances, by the policy's owner tag; '' means without an owner [may be
    /// repeated]
    #[arg(long)]
    pub owner: Vec<String>,
    /// List only violations of this severity or higher; only these affect the exit code
    #[arg(long, value_parser = severity_parser())]
    pub severity: Option<Severity>,
    /// Evaluate as of another day (UTC) or RFC 3339 time, and show what changes by then
    #[arg(long, value_name = "DAY", value_parser = day)]
    pub at: Option<Timestamp>,
    /// Prices as CSV: `region`, `instance_type`, and `monthly_usd` or `hourly_usd`
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub prices: Option<Source>,
    /// Show what is new, fixed and still open since an earlier report of --format json
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub baseline: Option<Source>,
    /// Show what another policy would change, and for whom
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub compare_policy: Option<Source>,
    /// Begin CSV with a byte order mark, which tells Excel that it is UTF-8
    #[arg(long)]
    pub bom: bool,
}

impl Scan {
    /// How to write what was found.
    ///
    /// # Errors
    /// The output file's extension is unknown.
    pub fn format(&self) -> Result<ScanFormat, UnknownEnding> {
        ScanFormat::of(self.format, self.output.as_deref())
    }
}

fn severity_parser() -> impl TypedValueParser<Value = Severity> {
    // Each of these names parses.
    PossibleValuesParser::new(Severity::ALL.map(Severity::as_str))
        .map(|name| name.parse().unwrap_or(Severity::Low))
}

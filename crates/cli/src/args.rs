//! The arguments.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::{Parser, Subcommand, ValueHint};
use clap_complete::Shell;

use crate::explain::args::Explain;
use crate::input::Source;
use crate::redrive::args::Redrive;
use crate::scan::args::Scan;

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

Exit codes: 0 no violation, 1 a violation, 2 error.")]
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

/// Work with policies
#[derive(Debug, Subcommand)]
pub enum Policy {
    /// Summarize a policy, or list everything that is wrong with it
    #[command(after_help = "\
Examples:
  tag-compliance policy check policy.json
  terraform console <<< 'jsonencode(var.tag_policy)' |
    jq -r . | jq 'del(.. | nulls)' | tag-compliance policy check -

Warns of what is valid and probably not meant, with line and column:
  conditions that anyone who tags an instance can meet, or that no or every instance meets
  rules that a mistyped value of another tag turns off
  regions, zones, accounts and instances that do not exist
  contradictions, duplicates, keys and values that differ only in case, * that is no wildcard
  exemptions that accept nothing, or every violation of a rule
  a policy that may not fit beside the function's other settings

Exit codes: 0 the policy is valid, 1 with --strict, if there is a warning, 2 it is not valid.")]
    Check {
        /// The policy's document, in JSON or YAML; - is standard input
        #[arg(value_name = "FILE", value_hint = ValueHint::FilePath)]
        policy: Source,
        /// End with exit code 1 if there is a warning
        #[arg(long)]
        strict: bool,
    },
    /// Convert AWS Organizations tag policies or AWS Config rules to a policy
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
forbidden and left out, and then what could not be converted: what changes evaluations comes first.")]
    Import {
        #[arg(
            help = "An answer of AWS, the policy's own text, a CloudFormation template, or the output of \
                      terraform show -json, as JSON or YAML; - is standard input"
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

/// The arguments as given, except that `-+…`, which joins standard input and files, is not taken for an option.
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

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_arguments_are_consistent() {
        Arguments::command().debug_assert();
    }
}

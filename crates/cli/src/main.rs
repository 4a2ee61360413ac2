//! `tag-compliance`: evaluates EC2 instances by their tags from a terminal or in CI, and checks,
//! imports and describes policies.

mod args;
mod aws;
mod clock;
mod completions;
mod error;
mod exit;
mod explain;
mod fleet;
mod import;
mod input;
mod man;
mod option_values;
mod output;
mod policy_commands;
mod policy_file;
mod recognized;
mod redrive;
mod report;
mod scan;
mod shown;

use std::process::ExitCode;

use clap::Parser;

use crate::args::{Arguments, Command};
use crate::error::Error;
use crate::exit::Exit;

fn main() -> ExitCode {
    match run(Arguments::parse_from(args::given(std::env::args_os()))) {
        Ok(Exit::Good) => ExitCode::SUCCESS,
        Ok(Exit::Violation | Exit::Left) => ExitCode::from(1),
        Ok(Exit::Incomplete) => ExitCode::from(2),
        Ok(Exit::Ended(code)) => ExitCode::from(code),
        Err(error) => {
            error.lines().iter().for_each(|line| output::error(line));
            error.help().iter().for_each(|line| output::note(line));
            ExitCode::from(2)
        }
    }
}

fn run(arguments: Arguments) -> Result<Exit, Error> {
    Ok(match arguments.command {
        Command::Explain(arguments) => explain::run(&arguments)?,
        Command::Scan(arguments) => scan::run(&arguments)?,
        Command::Redrive(arguments) => redrive::run(&arguments)?,
        Command::Policy(command) => policy_commands::run(command)?,
        Command::Completions { shell } => completions::run(shell)?,
        Command::Man { directory } => man::run(&directory)?,
    })
}

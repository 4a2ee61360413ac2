//! `man`: the manual pages.

use std::path::Path;

use clap::CommandFactory;

use crate::args::Arguments;
use crate::exit::Exit;
use crate::output::OutputError;

/// Writes a page for the program and one for each of its commands into a directory, which it
/// creates if it does not exist.
pub fn run(directory: &Path) -> Result<Exit, OutputError> {
    std::fs::create_dir_all(directory)
        .and_then(|()| clap_mangen::generate_to(Arguments::command(), directory))
        .map_err(|source| OutputError::Write {
            path: directory.to_owned(),
            source,
        })?;
    Ok(Exit::Good)
}

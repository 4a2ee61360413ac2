//! `policy`: what a policy says, where it comes from, and how it is written.

mod attached;
mod summary;

use schemars::schema_for;
use tag_compliance_core::policy::document::PolicyDocument;

use self::attached::attached;
use crate::args::Policy;
use crate::error::Error;
use crate::exit::Exit;
use crate::import::import;
use crate::input::Source;
use crate::recognized::{Reader, recognize};
use crate::{clock, output};

/// Tells the schema's versions apart; there is nothing at this address.
const SCHEMA_ID: &str = "urn:tag-compliance:tag-policy:1";

/// Checks, imports or describes a policy.
pub fn run(command: Policy) -> Result<Exit, Error> {
    match command {
        Policy::Check { policy } => check(&policy)?,
        Policy::Import { files } => import_files(&files)?,
        Policy::Schema => schema()?,
    }
    Ok(Exit::Good)
}

fn check(source: &Source) -> Result<(), Error> {
    let policy = source.read_policy()?;
    let name = source.to_string();
    output::print(&summary::render(&policy, &name, clock::now()))?;
    for warning in policy.warnings() {
        output::warning(&warning.to_string());
    }
    Ok(())
}

fn import_files(sources: &[Source]) -> Result<(), Error> {
    let levels: Vec<_> = sources.iter().map(attached).collect();
    let is_standard_input = |source: &&Source| **source == Source::StandardInput;
    if levels.iter().flatten().filter(is_standard_input).count() > 1 {
        return Err(Error::StandardInputTwice);
    }
    let read = |source: &Source| Ok((source.to_string(), source.read()?));
    let level = |level: &Vec<Source>| level.iter().map(read).collect();
    let levels: Vec<Vec<_>> = levels.iter().map(level).collect::<Result<_, Error>>()?;
    let imported = import(&levels).map_err(|error| {
        let mut files = levels.iter().flatten();
        let recognized = files.find_map(|(name, text)| recognize(name, text, Reader::Import));
        recognized.unwrap_or(error.into())
    })?;
    output::print(&output::json(&imported.document))?;
    output::note(&imported.summary.to_string());
    for note in &imported.notes {
        output::note(note);
    }
    Ok(())
}

fn schema() -> Result<(), Error> {
    let mut schema = schema_for!(PolicyDocument);
    schema.insert("$id".to_owned(), SCHEMA_ID.into());
    output::print(&output::json(&schema))
}

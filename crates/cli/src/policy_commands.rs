//! `policy`: what a policy says, where it comes from, and how it is written.

mod summary;

use schemars::schema_for;
use tag_compliance_core::policy::document::PolicyDocument;

use crate::args::Policy;
use crate::error::Error;
use crate::exit::Exit;
use crate::import::import;
use crate::input::Source;
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
    let read = |source: &Source| Ok((source.to_string(), source.read()?));
    let files: Vec<_> = sources.iter().map(read).collect::<Result<_, Error>>()?;
    let imported = import(&files)?;
    output::print(&output::json(&imported.document))?;
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

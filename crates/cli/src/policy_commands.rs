//! `policy`: checks, imports and describes policies.

mod attached;
mod error;
mod summary;

use schemars::schema_for;
use tag_compliance_core::policy::document::PolicyDocument;
use tag_compliance_core::policy::size::VariableSize;

use self::attached::attached;
pub use self::error::PolicyCommandError;
use crate::args::Policy;
use crate::exit::Exit;
use crate::import::import;
use crate::input::{self, InputError, Source};
use crate::policy_file::{self, placed};
use crate::recognized::{Reader, recognize};
use crate::{clock, output};

/// Identifies the schema's version; nothing is served at this address.
const SCHEMA_ID: &str = "urn:tag-compliance:tag-policy:1";

/// Checks, imports or describes a policy.
pub fn run(command: Policy) -> Result<Exit, PolicyCommandError> {
    match command {
        Policy::Check { policy, strict } => return check(&policy, strict),
        Policy::Import { files } => import_files(&files)?,
        Policy::Schema => schema()?,
    }
    Ok(Exit::Good)
}

fn check(source: &Source, is_strict: bool) -> Result<Exit, PolicyCommandError> {
    let (policy, text) = policy_file::read_written(source)?;
    let (size, name, now) = (VariableSize::of(&text), source.to_string(), clock::now());
    output::print(&summary::render(&policy, size, &name, now))?;
    let warnings = policy.warnings(now).into_iter();
    let mut warnings: Vec<_> = warnings
        .map(|warning| (text.nearest(&warning.field).at, warning.to_string()))
        .collect();
    // The sort is stable: warnings at the same position stay in the order in which they were found.
    warnings.sort_by_key(|(at, _)| *at);
    let warnings = warnings
        .iter()
        .map(|(at, what)| placed(&name, Some(*at), what));
    let too_large = (!size.fits()).then(|| placed(&name, None, &summary::too_large(size)));
    let warnings: Vec<_> = warnings.chain(too_large).collect();
    for warning in &warnings {
        output::warning(warning);
    }
    Ok(if is_strict && !warnings.is_empty() {
        Exit::Violation
    } else {
        Exit::Good
    })
}

fn import_files(sources: &[Source]) -> Result<(), PolicyCommandError> {
    let levels: Vec<_> = sources.iter().map(attached).collect();
    input::refuse_twice(levels.iter().flatten())?;
    let read = |source: &Source| Ok((source.to_string(), source.read()?));
    let level = |level: &Vec<Source>| level.iter().map(read).collect();
    let levels: Vec<Vec<_>> = levels
        .iter()
        .map(level)
        .collect::<Result<_, InputError>>()?;
    let imported = import(&levels).map_err(|error| {
        let mut files = levels.iter().flatten();
        let recognized = files.find_map(|(name, text)| recognize(name, text, Reader::Import));
        recognized.map_or_else(|| error.into(), PolicyCommandError::Unknown)
    })?;
    output::print(&output::json(&imported.document))?;
    output::note(&imported.summary.to_string());
    for note in &imported.notes {
        output::note(note);
    }
    Ok(())
}

fn schema() -> Result<(), PolicyCommandError> {
    let mut schema = schema_for!(PolicyDocument);
    schema.insert("$id".to_owned(), SCHEMA_ID.into());
    Ok(output::print(&output::json(&schema))?)
}

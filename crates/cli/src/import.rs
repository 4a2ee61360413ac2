//! Tag policies of AWS Organizations and rules `required-tags` of AWS Config, as a policy document.

mod cloudformation;
mod config_rule;
mod form;
mod found;
mod notes;
mod organizations;
mod place;
mod terraform;

use std::fmt;

use tag_compliance_core::json::SyntaxError;
use tag_compliance_core::policy::document::PolicyDocument;
use tag_compliance_core::policy::{PolicyErrors, TagPolicy};

use self::found::Found;
use self::notes::Notes;
use self::place::Place;

/// A policy document, and what of its source it cannot say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Imported {
    /// The document. It is valid.
    pub document: PolicyDocument,
    /// What became of the tags.
    pub summary: Summary,
    /// Where the document differs from its source, a line each: what changes verdicts is first.
    pub notes: Vec<String>,
}

/// How many tags became what.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Summary {
    /// They must be there.
    pub required: usize,
    /// They are checked where they are there.
    pub optional: usize,
    /// They must not be there.
    pub forbidden: usize,
    /// They are no part of the policy.
    pub left_out: usize,
}

impl fmt::Display for Summary {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            required,
            optional,
            forbidden,
            left_out,
        } = self;
        write!(
            formatter,
            "{required} required, {optional} optional, {forbidden} forbidden, {left_out} left out"
        )
    }
}

/// The files that are imported, a line each.
pub const ACCEPTED: &[&str] = &[
    "policy import reads as JSON: a tag policy of AWS Organizations, a rule required-tags of",
    "AWS Config, what the AWS CLI prints of them, a template of CloudFormation, and the output of",
    "terraform show -json",
];

fn no_tags(summary: &Summary) -> String {
    if *summary == Summary::default() {
        return "the policy has no tags".to_owned();
    }
    format!("expected a tag for EC2 instances, got {summary}")
}

/// Why files can't be imported.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// There are no files.
    #[error("expected at least one file to import, got none")]
    NoFiles,
    /// A file is not JSON, or has a key twice in one object.
    #[error("{file}:{}:{}: {error}", error.at.line, error.at.column)]
    Json {
        /// Its name.
        file: String,
        /// What is wrong with it.
        error: SyntaxError,
    },
    /// A field is not what it must be.
    #[error("{place}: expected {expected}, got {got}")]
    Field {
        /// The file's name, line and column, and the field's path.
        place: String,
        /// What it must be.
        expected: String,
        /// What it is, as JSON.
        got: String,
    },
    /// No tag is left.
    #[error("{files}: {}{reasons}", no_tags(summary))]
    NoTags {
        /// Their names.
        files: String,
        /// What became of the tags.
        summary: Summary,
        /// Why, each after a semicolon.
        reasons: String,
    },
    /// What the files say is no policy.
    #[error("{files}: what this says is no valid tag policy: {errors}")]
    Policy {
        /// Their names.
        files: String,
        /// What is wrong, with the fields of the policy document.
        errors: PolicyErrors,
    },
}

/// A file: its name and its text.
pub type File = (String, String);

/// Converts files. Those of AWS Organizations are in levels: the policies of the root first, those of
/// the account last, and within a level in the order in which they are attached.
///
/// # Errors
/// The first thing that is wrong with them.
pub fn import(levels: &[Vec<File>]) -> Result<Imported, ImportError> {
    let mut notes = Notes::default();
    let mut policies = Vec::new();
    let mut rules = Vec::new();
    for level in levels {
        let mut attached = Vec::new();
        for (name, text) in level {
            let (place, document) = Place::read(name, text)?;
            let found = form::read(&place, &document, &mut notes)?;
            match found {
                Found::TagPolicy(policy) if rules.is_empty() => attached.push(policy),
                Found::Rules(found) if policies.is_empty() && attached.is_empty() => {
                    rules.extend(found);
                }
                _ => return Err(place.expected("a file of the same kind as the first", &document)),
            }
        }
        policies.extend(Some(attached).filter(|attached| !attached.is_empty()));
    }
    let imported = match (policies.is_empty(), rules.is_empty()) {
        (true, true) => return Err(ImportError::NoFiles),
        (false, _) => organizations::import(&policies, notes)?,
        (true, false) => config_rule::import(rules, notes)?,
    };
    check(levels, &imported)?;
    Ok(imported)
}

/// Whether what was imported is a policy.
fn check(levels: &[Vec<File>], imported: &Imported) -> Result<(), ImportError> {
    let Imported {
        document,
        summary,
        notes,
    } = imported;
    let files = levels.iter().flatten().map(|(name, _)| name.as_str());
    let files = files.collect::<Vec<_>>().join(", ");
    let PolicyDocument {
        required_tags,
        forbidden_tags,
        ..
    } = document;
    if required_tags.is_empty() && forbidden_tags.is_empty() {
        return Err(ImportError::NoTags {
            files,
            summary: *summary,
            reasons: notes
                .iter()
                .fold(String::new(), |all, note| all + "; " + note),
        });
    }
    TagPolicy::new(document.clone())
        .map(|_| ())
        .map_err(|errors| ImportError::Policy { files, errors })
}

#[cfg(test)]
mod tests;

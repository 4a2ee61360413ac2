//! Converts tag policies of AWS Organizations and `required-tags` rules of AWS Config to a policy document.

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

/// A policy document, and how it differs from its source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Imported {
    /// The document, which is valid.
    pub document: PolicyDocument,
    /// How many tags were imported, and as what.
    pub summary: Summary,
    /// How the document differs from its source, one line each. Different evaluations come first.
    pub notes: Vec<String>,
}

/// How many tags were imported as what.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Summary {
    /// Required tags.
    pub required: usize,
    /// Optional tags, whose values are checked if present.
    pub optional: usize,
    /// Forbidden tags.
    pub forbidden: usize,
    /// Tags that were left out.
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

/// The accepted files, over several lines.
pub const ACCEPTED: &[&str] = &[
    "policy import reads as JSON, with or without comments, or YAML: a tag policy of AWS",
    "Organizations, a rule required-tags of AWS Config, what the AWS CLI prints of them, a template",
    "of CloudFormation or a conformance pack, and the output of terraform show -json",
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
    #[error("expected at least one file to import, got none")]
    NoFiles,
    /// A file is neither JSON nor YAML, or an object has a key twice.
    #[error("{file}:{}:{}: {error}", error.at.line, error.at.column)]
    Syntax {
        /// The file's name.
        file: String,
        /// What is wrong with it.
        error: SyntaxError,
    },
    /// A field has an unexpected value.
    #[error("{place}: expected {expected}, got {got}")]
    Field {
        /// The file's name, line and column, and the field's path.
        place: String,
        /// What was expected.
        expected: String,
        /// Its value, as JSON.
        got: String,
    },
    /// No tag is left to import.
    #[error("{files}: {}{reasons}", no_tags(summary))]
    NoTags {
        /// The files' names.
        files: String,
        /// How many tags were imported as what.
        summary: Summary,
        /// The reasons, each after a semicolon.
        reasons: String,
    },
    /// The result isn't a valid policy.
    #[error("{files}: the result is not a valid tag policy: {errors}")]
    Policy {
        /// The files' names.
        files: String,
        /// What is wrong, by the fields of the policy document.
        errors: PolicyErrors,
    },
}

/// A file's name and text.
pub type File = (String, String);

/// Converts files. Those of AWS Organizations are grouped by level, from the root to the account, each level in the
/// order in which its policies are attached.
///
/// # Errors
/// The first fault found.
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

/// Whether the result is a valid policy.
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

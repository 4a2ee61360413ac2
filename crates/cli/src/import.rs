//! Tag policies of AWS Organizations and rules `required-tags` of AWS Config, as a policy document.

mod config_rule;
mod organizations;
mod place;

use serde_json::Value;
use tag_compliance_core::policy::document::PolicyDocument;
use tag_compliance_core::policy::{PolicyErrors, TagPolicy};

use self::place::Place;

/// A policy document, and what of its source it cannot say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Imported {
    /// The document. It is valid.
    pub document: PolicyDocument,
    /// Where the document differs from its source, a line each.
    pub notes: Vec<String>,
}

/// Why files can't be imported.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// There are no files.
    #[error("expected at least one file to import, got none")]
    NoFiles,
    /// A file is not JSON.
    #[error("{file}: expected JSON ({error})")]
    Json {
        /// Its name.
        file: String,
        /// What is wrong with it.
        error: serde_json::Error,
    },
    /// A field is not what it must be.
    #[error("{place}: expected {expected}, got {got}")]
    Field {
        /// The file's name and the field's path.
        place: String,
        /// What it must be.
        expected: String,
        /// What it is, as JSON.
        got: String,
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

/// The fields in which answers of AWS have what is asked for.
const WRAPPERS: [&str; 4] = ["Policy", "EffectivePolicy", "ConfigRules", "ConfigRule"];

/// Who wrote a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Source {
    Organizations,
    Config,
}

impl Source {
    const EXPECTED: &str = "a tag policy of AWS Organizations (`tags`, or the output of \
         describe-policy or describe-effective-policy), or a rule required-tags of AWS Config (its \
         parameters such as `tag1Key`, the rule, or the output of describe-config-rules)";

    /// Tells by the names of the outermost fields who wrote a file.
    fn of(place: &Place, document: &Value) -> Result<Self, ImportError> {
        let fields = place.object(document, Self::EXPECTED)?;
        let is_organizations =
            |name: &&String| ["tags", "Policy", "EffectivePolicy"].contains(&name.as_str());
        let is_config = |name: &&String| {
            ["ConfigRules", "ConfigRule", "InputParameters", "Source"].contains(&name.as_str())
                || config_rule::is_parameter(name)
        };
        let organizations = fields.keys().filter(is_organizations).count();
        let config = fields.keys().filter(is_config).count();
        match (organizations, config) {
            (1, 0) => Ok(Self::Organizations),
            (0, 1..) => Ok(Self::Config),
            _ => Err(place.expected(Self::EXPECTED, document)),
        }
    }
}

/// Converts files, of which each is a name and a text. Those of AWS Organizations are a chain: the
/// policy of the root first, that of the account last.
///
/// # Errors
/// The first thing that is wrong with them.
pub fn import(files: &[(String, String)]) -> Result<Imported, ImportError> {
    let mut documents = Vec::new();
    let mut notes = Vec::new();
    for (file, text) in files {
        let document: Value = serde_json::from_str(text).map_err(|error| ImportError::Json {
            file: file.clone(),
            error,
        })?;
        let place = Place::new(file);
        let source = Source::of(&place, &document)?;
        if let Some((_, first, _)) = documents.first()
            && *first != source
        {
            return Err(place.expected("a file of the same kind as the first", &document));
        }
        if let Some(wrapper) = WRAPPERS.iter().find(|name| document.get(name).is_some()) {
            notes.extend(place.left_out(&document, &[wrapper]));
        }
        documents.push((place, source, document));
    }
    let source = documents.first().map(|(_, source, _)| *source);
    let documents: Vec<_> = documents
        .into_iter()
        .map(|(place, _, document)| (place, document))
        .collect();
    let mut imported = match source {
        None => return Err(ImportError::NoFiles),
        Some(Source::Organizations) => organizations::import(&documents)?,
        Some(Source::Config) => config_rule::import(&documents)?,
    };
    TagPolicy::new(imported.document.clone()).map_err(|errors| ImportError::Policy {
        files: files
            .iter()
            .map(|(file, _)| file.as_str())
            .collect::<Vec<_>>()
            .join(", "),
        errors,
    })?;
    notes.append(&mut imported.notes);
    Ok(Imported { notes, ..imported })
}

#[cfg(test)]
mod tests;

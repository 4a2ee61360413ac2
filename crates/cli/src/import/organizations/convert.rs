//! Converts combined tag policies to the tags of a policy document.

use tag_compliance_core::policy::document::{ForbiddenTag, PolicyDocument, RequiredTag};
use tag_compliance_core::policy::pattern::Pattern;

use super::super::notes::Notes;
use super::super::place::quoted;
use super::super::{Imported, Summary};
use super::chain::{Chain, Statement};
use super::setting::Name;

/// The resource types that include EC2 instances in a tag policy, in lower case.
const INSTANCE_TYPES: [&str; 3] = ["ec2:instance", "ec2:*", "ec2:all_supported"];

/// Converts a combined chain.
pub(super) fn convert(chain: &Chain, notes: Notes) -> Imported {
    let mut converter = Converter {
        notes,
        ..Converter::default()
    };
    converter.summary.left_out = chain.left_out;
    for statement in &chain.statements {
        converter.add(statement);
    }
    let summary = Summary {
        required: converter.document.required_tags.len() - converter.optional.len(),
        optional: converter.optional.len(),
        forbidden: converter.document.forbidden_tags.len(),
        ..converter.summary
    };
    Imported {
        summary,
        notes: converter.notes().into_lines(),
        document: converter.document,
    }
}

/// An optional tag whose value, and the case of whose key, are checked if it is present.
fn optional(tag: RequiredTag) -> RequiredTag {
    RequiredTag {
        optional: Some(true),
        ..tag
    }
}

/// Converts statements to tags. A note that applies to many tags is written once.
#[derive(Default)]
struct Converter {
    document: PolicyDocument,
    summary: Summary,
    notes: Notes,
    never_blank: Vec<String>,
    optional: Vec<String>,
    forbidden: Vec<String>,
    lowercase: Vec<String>,
}

impl Converter {
    fn add(&mut self, statement: &Statement) {
        let tag_key = statement.values(Name::TagKey).first();
        // Syntax: "If case treatment isn't defined, lowercase is the default".
        let key = tag_key.unwrap_or(&statement.key).clone();
        let reported = statement.values(Name::ReportRequiredTagFor);
        let enforced = statement.values(Name::EnforcedFor);
        let is_reported = reported.iter().any(|kind| is_instances(kind));
        // Syntax: the example that prevents the use of a tag key has no acceptable value.
        let is_forbidden = statement.is_nothing(Name::TagValue);
        if tag_key.is_none() {
            self.lowercase.push(key.clone());
        }
        self.note_resource_types(statement, reported, enforced);
        if is_forbidden {
            self.forbidden.push(key.clone());
            self.document.forbidden_tags.push(ForbiddenTag {
                key: Some(key),
                // Syntax: a tag "with alternate case treatment" is noncompliant, too.
                ignore_key_case: Some(true),
                ..ForbiddenTag::default()
            });
            return;
        }
        let tag = self.tag(key, statement);
        let tag = if is_reported {
            tag
        } else {
            self.optional.push(tag.key.clone());
            optional(tag)
        };
        self.document.required_tags.push(tag);
    }

    /// Syntax: "If the tag policy doesn't specify a tag value for a tag key, any value (including
    /// no value at all) is considered compliant", and "You can use one wildcard per tag value".
    fn tag(&mut self, key: String, statement: &Statement) -> RequiredTag {
        let mut tag = RequiredTag {
            key,
            ..RequiredTag::default()
        };
        let values = statement.values(Name::TagValue);
        if statement.is_emptied(Name::TagValue) {
            let text = "no value is left, so any value is allowed";
            let place = statement.place_of(Name::TagValue);
            self.notes.important(place.note(text));
        }
        if values.is_empty() || values.iter().any(|value| value == "*") {
            self.never_blank.push(tag.key.clone());
        } else if values.iter().any(|value| value.contains('*')) {
            let alternatives: Vec<_> = values.iter().map(|value| expression(value)).collect();
            tag.pattern = Some(alternatives.join("|"));
            if let [only] = values {
                tag.example = Some(only.clone());
            }
        } else {
            tag.allowed_values = Some(values.to_vec());
        }
        tag
    }

    fn note_resource_types(
        &mut self,
        statement: &Statement,
        reported: &[String],
        enforced: &[String],
    ) {
        if !enforced.is_empty() {
            let text = format!(
                "AWS Organizations prevents noncompliant tags on {}; this policy reports them, \
                 and prevents nothing",
                quoted(enforced)
            );
            let place = statement.place_of(Name::EnforcedFor);
            self.notes.other(place.note(&text));
        }
        // `ec2:*` also covers other resources, so it has no exact counterpart.
        let others: Vec<_> = reported
            .iter()
            .filter(|kind| !kind.eq_ignore_ascii_case(INSTANCE_TYPES[0]))
            .collect();
        if !others.is_empty() {
            let text = format!(
                "{}: only EC2 instances are evaluated; other resource types have no counterpart",
                quoted(others)
            );
            let place = statement.place_of(Name::ReportRequiredTagFor);
            self.notes.other(place.note(&text));
        }
    }

    /// The notes, with those about different evaluations first.
    fn notes(&mut self) -> Notes {
        let mut notes = Notes::default();
        let blank = (
            &self.never_blank,
            "AWS Organizations accepts any value, even none at all; this policy never accepts a blank \
             one",
        );
        if let Some(text) = of_group(blank) {
            notes.important(text);
        }
        let kept = [
            (
                &self.optional,
                "optional: report_required_tag_for does not name EC2 instances, so the tag is \
                 checked if it is present, in any case",
            ),
            (
                &self.forbidden,
                "forbidden, whatever the case of its key: no value of the tag is acceptable",
            ),
            (
                &self.lowercase,
                "there is no tag_key, so the key is in lower case, as in AWS",
            ),
        ];
        let texts = kept.into_iter().filter_map(of_group);
        texts.for_each(|text| notes.other(text));
        notes.append(std::mem::take(&mut self.notes));
        notes
    }
}

fn of_group((keys, text): (&Vec<String>, &str)) -> Option<String> {
    (!keys.is_empty()).then(|| format!("{}: {text}", quoted(keys)))
}

fn is_instances(kind: &str) -> bool {
    INSTANCE_TYPES.contains(&kind.to_ascii_lowercase().as_str())
}

/// The regular expression for a value that may contain a wildcard.
fn expression(value: &str) -> String {
    let parts: Vec<_> = value.split('*').map(Pattern::escape).collect();
    parts.join(".*")
}

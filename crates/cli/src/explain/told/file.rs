//! The parts of a file, with the line and column of each error.

use tag_compliance_core::json::{Path, SyntaxError};

use super::documents::{self, Document};
use super::kind::Kind;
use super::{Told, Unfit, parts};
use crate::explain::error::ExplainError;
use crate::input::Source;
use crate::recognized::{self, Reader, Unknown};

/// The parts of a file.
#[derive(Debug)]
pub struct File {
    pub parts: Vec<Part>,
    /// Whether it is a list, of any length.
    pub is_list: bool,
    /// A note on the parts that are left out.
    pub note: Option<String>,
}

/// A part of a file.
#[derive(Debug)]
pub struct Part {
    /// Names the part to people.
    pub heading: String,
    /// Where it is: file, line and column.
    pub place: String,
    pub told: Result<Told, ExplainError>,
}

impl File {
    /// Without a file: the options say everything.
    pub fn of_options() -> Self {
        let part = Part {
            heading: String::new(),
            place: String::new(),
            told: Ok(Told::default()),
        };
        Self {
            parts: vec![part],
            is_list: false,
            note: None,
        }
    }
}

/// Reads a file. Of several parts, those that are not about an instance are left out.
pub fn read(source: &Source) -> Result<File, ExplainError> {
    let (text, name) = (source.read()?, source.to_string());
    let documents = documents::split(&text);
    if documents.first().is_some_and(Result::is_err)
        && let Some(error) = recognized::recognize(&name, &text, Reader::Explain)
    {
        return Err(error.into());
    }
    let is_one = documents.len() == 1;
    let mut is_list = !is_one;
    let mut all = Vec::new();
    for document in documents {
        match document {
            Ok(document) => {
                let root = document.root.to_value();
                is_list |= Kind::of(&root).is_list();
                let parts = parts(&Path::root("file"), &root).into_iter();
                all.extend(parts.map(|(path, told)| part(&name, &document, is_one, &path, told)));
            }
            Err(error) => all.push(broken(&name, error)),
        }
    }
    let count = all.len();
    let is_about_another = |part: &Part| matches!(part.told, Err(ExplainError::NoInstance { .. }));
    let (others, mut parts): (Vec<_>, Vec<_>) = all.into_iter().partition(is_about_another);
    let first = others.iter().find_map(|part| part.told.as_ref().err());
    let note = first.map(|first| {
        let others = others.len();
        format!("{others} of {count} left out: not about an instance; the first is {first}")
    });
    if parts.is_empty() {
        // One error stands for all.
        parts.extend(others.into_iter().next());
    }
    if parts.is_empty() {
        return Err(ExplainError::NothingIn { name });
    }
    Ok(File {
        note: note.filter(|_| count > 1),
        is_list: is_list || parts.len() > 1,
        parts,
    })
}

fn part(
    name: &str,
    document: &Document,
    is_one: bool,
    path: &Path,
    told: Result<Told, Unfit>,
) -> Part {
    let place_of = |path: &Path| {
        let at = document.position(path);
        format!("{name}:{}:{}", at.line, at.column)
    };
    let place = place_of(path);
    let line = document.position(&Path::default()).line;
    let document = if is_one {
        name.to_owned()
    } else {
        format!("{name}:{line}")
    };
    let told = told.map_err(|unfit| match unfit {
        Unfit::Field(source) => ExplainError::Event {
            place: place_of(&source.field),
            source,
        },
        Unfit::NoInstance(reason) => ExplainError::NoInstance {
            place: place.clone(),
            reason,
        },
        Unfit::Unknown(what) => ExplainError::Unknown(Unknown {
            place: place.clone(),
            what,
            accepted: Reader::Explain.accepted(),
        }),
    });
    Part {
        heading: if path.is_root() {
            document
        } else {
            format!("{document}: {path}")
        },
        place,
        told,
    }
}

fn broken(name: &str, error: SyntaxError) -> Part {
    let place = format!("{name}:{}:{}", error.at.line, error.at.column);
    Part {
        heading: name.to_owned(),
        place: place.clone(),
        told: Err(ExplainError::NotJson { place, error }),
    }
}

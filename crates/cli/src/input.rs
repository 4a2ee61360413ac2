//! Files and standard input.

use std::convert::Infallible;
use std::fmt;
use std::io::{self, Read};
use std::path::PathBuf;
use std::str::FromStr;

use tag_compliance_core::policy::TagPolicy;
use tag_compliance_core::text::OneLine;

use crate::error::Error;

/// Where a text comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    StandardInput,
    File(PathBuf),
}

impl FromStr for Source {
    type Err = Infallible;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Ok(match text {
            "-" => Self::StandardInput,
            path => Self::File(path.into()),
        })
    }
}

/// How errors call it.
impl fmt::Display for Source {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::StandardInput => formatter.write_str("standard input"),
            Self::File(path) => OneLine(&path.to_string_lossy()).fmt(formatter),
        }
    }
}

impl Source {
    /// Its text.
    pub fn read(&self) -> Result<String, Error> {
        let text = match self {
            Self::StandardInput => {
                let mut text = String::new();
                io::stdin().read_to_string(&mut text).map(|_| text)
            }
            Self::File(path) => std::fs::read_to_string(path),
        };
        text.map_err(|source| Error::Read {
            name: self.to_string(),
            source,
        })
    }

    /// The policy that it holds.
    pub fn read_policy(&self) -> Result<TagPolicy, Error> {
        TagPolicy::from_json(&self.read()?).map_err(|errors| Error::Policy {
            name: self.to_string(),
            errors,
        })
    }
}

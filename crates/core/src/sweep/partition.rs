//! Parts of the fleet that can be read concurrently.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A part of the fleet, and how far it has been read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Partition {
    pub slice: Slice,
    /// How many of its pages have been read.
    pub pages: u32,
    /// EC2's token for the next page.
    pub next_token: Option<String>,
    /// Whether all pages have been read; open violations that were not on them are still to be asked for.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_read: bool,
    /// The id up to which those have been asked for, in order.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub asked_to: Option<String>,
}

/// A part of the fleet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Slice {
    Whole,
    /// The instances whose id ends with this hexadecimal digit: a sixteenth, since ids are random. Every instance is
    /// in exactly one.
    LastDigit(u8),
}

impl Slice {
    /// The slices that make up the fleet.
    pub const DIGITS: u8 = 16;

    /// The pattern of its instances' ids, as a value of EC2's `instance-id` filter, in which
    /// `*` stands for any characters ("Filter resources using the console, CLI or API", Amazon EC2
    /// user guide); none for the whole fleet.
    #[must_use]
    pub fn id_pattern(self) -> Option<String> {
        match self {
            Self::Whole => None,
            Self::LastDigit(digit) => Some(format!("i-*{digit:x}")),
        }
    }
}

impl fmt::Display for Slice {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.id_pattern().as_deref().unwrap_or("i-*"))
    }
}

impl From<Slice> for String {
    fn from(slice: Slice) -> Self {
        slice.to_string()
    }
}

impl TryFrom<String> for Slice {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let digits = (0..Self::DIGITS).map(Self::LastDigit);
        std::iter::once(Self::Whole)
            .chain(digits)
            .find(|slice| slice.to_string() == text)
            .ok_or_else(|| format!("expected i-*, or i-*0 to i-*f, got {text:?}"))
    }
}

impl Partition {
    /// A part that has not been read yet.
    #[must_use]
    pub fn unread(slice: Slice) -> Self {
        Self {
            slice,
            pages: 0,
            next_token: None,
            is_read: false,
            asked_to: None,
        }
    }

    /// The fleet in parts of about equal size.
    #[must_use]
    pub fn sixteenths() -> Vec<Self> {
        (0..Slice::DIGITS)
            .map(Slice::LastDigit)
            .map(Self::unread)
            .collect()
    }

    /// The number of its next page in the whole sweep. No two pages share a number, and a page that
    /// is read again has the same one.
    #[must_use]
    pub fn page_number(&self) -> u32 {
        match self.slice {
            Slice::Whole => self.pages + 1,
            Slice::LastDigit(digit) => self.pages * u32::from(Slice::DIGITS) + u32::from(digit) + 1,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use serde_json::json;

    use super::*;

    #[test]
    fn page_numbers_are_unique() {
        let numbers: HashSet<u32> = Partition::sixteenths()
            .into_iter()
            .flat_map(|mut partition| {
                (0..100).map(move |pages| {
                    partition.pages = pages;
                    partition.page_number()
                })
            })
            .collect();
        assert_eq!(numbers.len(), 1_600);
        assert_eq!(numbers.iter().min(), Some(&1));
        assert_eq!(Partition::unread(Slice::Whole).page_number(), 1);
    }

    #[test]
    fn a_partition_is_read_as_it_is_written() {
        for slice in [Slice::Whole, Slice::LastDigit(0), Slice::LastDigit(15)] {
            let partition = Partition {
                slice,
                pages: 3,
                next_token: Some("token".to_owned()),
                is_read: true,
                asked_to: Some("i-12345678".to_owned()),
            };
            let json = serde_json::to_value(&partition).unwrap();
            assert_eq!(
                serde_json::from_value::<Partition>(json).unwrap(),
                partition
            );
        }
        let written = serde_json::to_value(Partition::unread(Slice::LastDigit(10))).unwrap();
        assert_eq!(
            written,
            json!({"slice": "i-*a", "pages": 0, "nextToken": null})
        );
        let error = serde_json::from_value::<Slice>(json!("i-*g")).unwrap_err();
        assert_eq!(
            error.to_string(),
            "expected i-*, or i-*0 to i-*f, got \"i-*g\""
        );
    }
}

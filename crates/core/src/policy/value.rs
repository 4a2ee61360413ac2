//! Requirements for a tag's value.

use std::cmp::Ordering;
use std::fmt;
use std::str::FromStr;

use serde::{Serialize, Serializer};

use super::pattern::Pattern;
use crate::expected::Expected;

/// Requirements for a tag's value. All of them have to be met.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ValueRules {
    /// The value is one of these.
    pub allowed_values: Option<Vec<String>>,
    /// The value is none of these.
    pub forbidden_values: Vec<String>,
    /// Whether `allowed_values` and `forbidden_values` ignore case.
    pub ignore_case: bool,
    /// The whole value matches.
    pub pattern: Option<Pattern>,
    /// A valid value, for people who don't read patterns.
    pub example: Option<String>,
    /// In characters.
    pub min_length: Option<u32>,
    /// In characters.
    pub max_length: Option<u32>,
    /// The value is a day.
    pub date: Option<DateRule>,
    /// The value is a number.
    pub number: Option<NumberRule>,
}

/// Which days are allowed. A day ends with its last moment in UTC.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct DateRule {
    /// Today or later.
    pub not_past: bool,
    /// At most this many days after today.
    pub max_days_ahead: Option<u32>,
}

/// Which numbers are allowed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct NumberRule {
    /// Inclusive.
    pub min: Option<Decimal>,
    /// Inclusive.
    pub max: Option<Decimal>,
}

/// A number as people write it: digits, perhaps with a sign and a decimal point. All digits count.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decimal {
    /// Never of zero.
    is_negative: bool,
    /// The digits before the point, without leading zeros.
    whole: String,
    /// The digits after it, without trailing zeros.
    fraction: String,
}

/// The text isn't a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a number: expected {}", Decimal::EXPECTED)]
pub struct InvalidDecimal;

impl Expected for Decimal {
    const EXPECTED: &'static str = "a number such as 12 or 0.5";
}

impl FromStr for Decimal {
    type Err = InvalidDecimal;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let negated = text.strip_prefix('-');
        let digits = negated.unwrap_or(text);
        let (whole, fraction) = digits.split_once('.').unwrap_or((digits, "0"));
        let are_digits =
            |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
        if !are_digits(whole) || !are_digits(fraction) {
            return Err(InvalidDecimal);
        }
        let whole = whole.trim_start_matches('0').to_owned();
        let fraction = fraction.trim_end_matches('0').to_owned();
        let is_zero = whole.is_empty() && fraction.is_empty();
        Ok(Self {
            is_negative: negated.is_some() && !is_zero,
            whole,
            fraction,
        })
    }
}

impl Ord for Decimal {
    fn cmp(&self, other: &Self) -> Ordering {
        let size = (self.whole.len(), &self.whole, &self.fraction);
        let size = size.cmp(&(other.whole.len(), &other.whole, &other.fraction));
        match (self.is_negative, other.is_negative) {
            (false, false) => size,
            (true, true) => size.reverse(),
            (is_less, is_more) => is_more.cmp(&is_less),
        }
    }
}

impl PartialOrd for Decimal {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl fmt::Display for Decimal {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.is_negative { "-" } else { "" };
        let whole = if self.whole.is_empty() {
            "0"
        } else {
            &self.whole
        };
        let point = if self.fraction.is_empty() { "" } else { "." };
        write!(formatter, "{sign}{whole}{point}{}", self.fraction)
    }
}

impl Serialize for Decimal {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let text = self.to_string();
        match text.parse() {
            Ok(whole) => serializer.serialize_i64(whole),
            // JSON's readers have no more digits than these.
            Err(_) => serializer.serialize_f64(text.parse().unwrap_or(f64::MAX)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_written_in_digits() {
        for (text, shown) in [
            ("0", "0"),
            ("12", "12"),
            ("-3", "-3"),
            ("0.50", "0.5"),
            ("007", "7"),
            ("-0", "0"),
            ("-00.0", "0"),
            ("-0.05", "-0.05"),
            ("99999999999999999999", "99999999999999999999"),
        ] {
            assert_eq!(text.parse::<Decimal>().unwrap().to_string(), shown);
        }
        let long = "9".repeat(400);
        assert_eq!(long.parse::<Decimal>().unwrap().to_string(), long);
        for text in [
            "", "-", ".", ".5", "5.", "+5", "1e3", "NaN", "inf", "1,000", "1 000", "12 %", "٣",
            "--1", "1.2.3",
        ] {
            assert_eq!(text.parse::<Decimal>(), Err(InvalidDecimal), "{text}");
        }
    }

    #[test]
    fn numbers_are_compared_as_numbers() {
        let number = |text: &str| text.parse::<Decimal>().unwrap();
        let ascending = [
            "-10",
            "-9",
            "-1.5",
            "-1.05",
            "-1",
            "-0.5",
            "0",
            "0.05",
            "0.5",
            "0.50000000000000000001",
            "0.51",
            "9",
            "10",
            "10.5",
            "10.50000000000000000001",
            "9007199254740992",
            "9007199254740993",
        ];
        for (index, left) in ascending.iter().enumerate() {
            for (other, right) in ascending.iter().enumerate() {
                let compared = number(left).cmp(&number(right));
                assert_eq!(compared, index.cmp(&other), "{left} {right}");
            }
        }
        assert_eq!(number("0.50"), number("0.5"));
        assert_eq!(number("-0"), number("0"));
    }

    #[test]
    fn a_number_is_one_in_json() {
        for (text, json) in [
            ("1.5", "1.5"),
            ("-0.5", "-0.5"),
            ("100.0", "100"),
            ("9007199254740993", "9007199254740993"),
            ("99999999999999999999", "1e+20"),
        ] {
            let number: Decimal = text.parse().unwrap();
            assert_eq!(serde_json::to_string(&number).unwrap(), json);
        }
    }
}

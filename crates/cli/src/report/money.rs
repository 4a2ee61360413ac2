//! US dollars.

use std::fmt;
use std::iter::Sum;
use std::ops::AddAssign;
use std::str::FromStr;

use serde::{Serialize, Serializer};
use tag_compliance_core::expected::Expected;

use crate::shown;

/// Hours per month, as in AWS's own estimates ("AWS Pricing Calculator", assumptions).
const HOURS_OF_MONTH: u64 = 730;
const NANOS: u64 = 1_000_000_000;
/// A price of more digits is a mistake.
const MAX_WHOLE_DIGITS: usize = 7;
const DECIMALS: usize = 9;

/// An amount of US dollars, in billionths: hourly prices have up to nine decimals.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Usd(u64);

/// The text is not an amount.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct InvalidUsd;

impl Expected for Usd {
    const EXPECTED: &'static str = "dollars such as 70.08, below 10 million";
}

impl Usd {
    /// The monthly cost at this hourly price.
    pub fn a_month(self) -> Self {
        Self(self.0.saturating_mul(HOURS_OF_MONTH))
    }

    /// To compare amounts with each other.
    pub fn nanos(self) -> u64 {
        self.0
    }

    /// Cents, rounded half up.
    fn cents(self) -> u64 {
        self.0.saturating_add(NANOS / 200) / (NANOS / 100)
    }

    /// Without a sign and separators, for programs and spreadsheets.
    pub fn plain(self) -> String {
        let cents = self.cents();
        format!("{}.{:02}", cents / 100, cents % 100)
    }
}

impl FromStr for Usd {
    type Err = InvalidUsd;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (whole, decimals) = text.split_once('.').unwrap_or((text, ""));
        let is_number = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
        let is_amount = matches!(whole.len(), 1..=MAX_WHOLE_DIGITS)
            && is_number(whole)
            && is_number(decimals)
            && !text.ends_with('.');
        if !is_amount {
            return Err(InvalidUsd);
        }
        let zeros = std::iter::repeat(b'0');
        let decimals = decimals.bytes().chain(zeros).take(DECIMALS);
        let digits = whole.bytes().chain(decimals);
        Ok(Self(digits.fold(0, |nanos, digit| {
            nanos * 10 + u64::from(digit - b'0')
        })))
    }
}

impl AddAssign for Usd {
    fn add_assign(&mut self, other: Self) {
        self.0 = self.0.saturating_add(other.0);
    }
}

impl Sum for Usd {
    fn sum<Amounts: Iterator<Item = Self>>(amounts: Amounts) -> Self {
        amounts.fold(Self::default(), |mut sum, amount| {
            sum += amount;
            sum
        })
    }
}

/// As people write it, such as `$1,234.50`.
impl fmt::Display for Usd {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let plain = self.plain();
        let (whole, cents) = plain.split_once('.').unwrap_or((&plain, "00"));
        write!(formatter, "${}.{cents}", shown::grouped(whole))
    }
}

/// As a number of dollars and cents.
impl Serialize for Usd {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let number: serde_json::Number = self
            .plain()
            .parse()
            .map_err(<S::Error as serde::ser::Error>::custom)?;
        number.serialize(serializer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_amount_is_read_to_the_billionth_and_shown_in_cents() {
        for (text, shown, plain) in [
            ("0", "$0.00", "0.00"),
            ("70.08", "$70.08", "70.08"),
            ("0.005", "$0.01", "0.01"),
            ("0.00499999999", "$0.00", "0.00"),
            ("999.995", "$1,000.00", "1000.00"),
            ("9999999.99", "$9,999,999.99", "9999999.99"),
            ("0123456", "$123,456.00", "123456.00"),
        ] {
            let amount: Usd = text.parse().unwrap();
            assert_eq!(amount.to_string(), shown, "{text}");
            assert_eq!(amount.plain(), plain, "{text}");
        }
        let hourly: Usd = "0.0104000000".parse().unwrap();
        assert_eq!(hourly.a_month().to_string(), "$7.59");
        assert_eq!(serde_json::to_string(&hourly.a_month()).unwrap(), "7.59");
        assert_eq!(
            [hourly, hourly].into_iter().sum::<Usd>().nanos(),
            20_800_000
        );
    }

    #[test]
    fn what_is_no_amount_is_refused() {
        for text in [
            "", ".5", "5.", "-1", "+1", "1e3", "1,5", "$5", "10000000", "1.2.3", "NaN",
        ] {
            assert_eq!(text.parse::<Usd>(), Err(InvalidUsd), "{text}");
        }
    }
}

//! A calendar day in UTC.

use std::fmt;
use std::str::FromStr;
use std::time::{Duration, SystemTime};

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use time::format_description::well_known::Rfc3339;
use time::{Date, OffsetDateTime};

use crate::expected::Expected;
use crate::timestamp::{Timestamp, iso};

/// From the first moment of a day to its last.
const LENGTH: Duration = Duration::from_millis(24 * 60 * 60 * 1_000 - 1);

/// A day of the calendar in UTC, from 0001 to 9999.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Day(Date);

/// The text is not a day of the calendar.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a day: expected {}", Day::EXPECTED)]
pub struct InvalidDay;

impl Expected for Day {
    const EXPECTED: &'static str = "a day such as 2027-01-31";
}

impl Day {
    /// The day of a moment.
    #[must_use]
    pub fn of(moment: Timestamp) -> Self {
        Self(moment.utc().date())
    }

    /// Its first moment; the first one that there is, where the day is before that.
    #[must_use]
    pub fn start(self) -> Timestamp {
        SystemTime::from(self.0.midnight().assume_utc()).into()
    }

    /// Its last moment, to the millisecond; the first one that there is, where the day is before that.
    #[must_use]
    pub fn end(self) -> Timestamp {
        let last = self.0.midnight().assume_utc() + LENGTH;
        SystemTime::from(last).into()
    }

    /// How many days it is after another; none if it is before that.
    #[must_use]
    pub fn days_after(self, other: Self) -> Option<u64> {
        u64::try_from((self.0 - other.0).whole_days()).ok()
    }

    /// The day as people say it, such as `1 April 2027`.
    #[must_use]
    pub fn in_words(self) -> String {
        format!("{} {} {}", self.0.day(), self.0.month(), self.0.year())
    }
}

impl FromStr for Day {
    type Err = InvalidDay;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let is_day = text.len() == "2027-01-31".len();
        let midnight =
            is_day.then(|| OffsetDateTime::parse(&format!("{text}T00:00:00Z"), &Rfc3339));
        let day = midnight.and_then(Result::ok).map(OffsetDateTime::date);
        day.filter(|day| day.year() > 0).map(Self).ok_or(InvalidDay)
    }
}

impl Serialize for Day {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Day {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

impl fmt::Display for Day {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&iso(self.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> Day {
        text.parse().unwrap()
    }

    #[test]
    fn a_day_is_one_of_the_calendar() {
        for text in [
            "0001-01-01",
            "1969-12-31",
            "1970-01-01",
            "2028-02-29",
            "9999-12-31",
        ] {
            assert_eq!(day(text).to_string(), text);
            let json = serde_json::to_value(day(text)).unwrap();
            assert_eq!(serde_json::from_value::<Day>(json).unwrap(), day(text));
        }
        for text in [
            "2027-02-29",
            "2020-02-31",
            "2027-13-01",
            "2027-1-31",
            "27-01-31",
            "31.01.2027",
            "0000-12-31",
            "-001-12-31",
            "2027-01-31T",
            "",
        ] {
            assert_eq!(text.parse::<Day>(), Err(InvalidDay), "{text}");
            let json = serde_json::Value::from(text);
            assert!(serde_json::from_value::<Day>(json).is_err(), "{text}");
        }
    }

    #[test]
    fn a_day_lasts_from_midnight_to_midnight_in_utc() {
        let last = day("2027-01-31");
        assert_eq!(last.start(), "2027-01-31T00:00:00Z".parse().unwrap());
        assert_eq!(last.end(), "2027-01-31T23:59:59.999Z".parse().unwrap());
        assert_eq!(Day::of(last.end()), last);
        assert_eq!(last.days_after(day("2027-01-01")), Some(30));
        assert_eq!(last.in_words(), "31 January 2027");
        assert_eq!(last.days_after(last), Some(0));
        assert_eq!(last.days_after(day("2027-02-01")), None);
        assert_eq!(
            day("9999-12-31").end(),
            "9999-12-31T23:59:59.999Z".parse().unwrap()
        );
    }

    #[test]
    fn a_day_before_the_first_moment_starts_and_ends_with_it() {
        let before = day("1969-12-31");
        let first = Timestamp::default();
        assert_eq!((before.start(), before.end()), (first, first));
        assert_eq!(before.in_words(), "31 December 1969");
        assert_eq!(day("1970-01-02").days_after(before), Some(2));
        assert_eq!(before.days_after(day("1970-01-01")), None);
    }
}

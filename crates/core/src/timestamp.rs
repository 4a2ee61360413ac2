//! A moment in UTC, to the millisecond.

use std::fmt;
use std::str::FromStr;
use std::time::{Duration, SystemTime};

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use time::format_description::well_known::Rfc3339;
use time::{Date, OffsetDateTime};

use crate::expected::Expected;

/// A moment in UTC, to the millisecond, between 1970 and 9999.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "schema", schemars(transparent, extend("format" = "date-time")))]
pub struct Timestamp {
    #[cfg_attr(feature = "schema", schemars(with = "String"))]
    epoch_millis: u64,
}

/// The text is not a time that AWS sends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a time: expected {}", Timestamp::EXPECTED)]
pub struct InvalidTimestamp;

impl Expected for Timestamp {
    const EXPECTED: &'static str = "an RFC 3339 time from 1970 on, such as 2025-12-03T10:00:00Z";
}

/// The last millisecond of the year 9999, the last one that RFC 3339 can write.
const MAX_EPOCH_MILLIS: u64 = 253_402_300_799_999;

impl Timestamp {
    /// Milliseconds since 1970-01-01T00:00:00Z.
    #[must_use]
    pub fn epoch_millis(self) -> u64 {
        self.epoch_millis
    }

    /// The moment so many milliseconds after 1970-01-01T00:00:00Z, if it is in range.
    #[must_use]
    pub fn from_epoch_millis(epoch_millis: i64) -> Option<Self> {
        let epoch_millis = u64::try_from(epoch_millis).ok()?;
        (epoch_millis <= MAX_EPOCH_MILLIS).then_some(Self { epoch_millis })
    }

    /// The time from `earlier` to this; none at all where `earlier` is later.
    #[must_use]
    pub fn since(self, earlier: Self) -> Duration {
        Duration::from_millis(self.epoch_millis.saturating_sub(earlier.epoch_millis))
    }

    /// The moment so much later; the last one there is, where that is none.
    #[must_use]
    pub fn after(self, duration: Duration) -> Self {
        let millis = u64::try_from(duration.as_millis()).unwrap_or(u64::MAX);
        let epoch_millis = self.epoch_millis.saturating_add(millis);
        Self {
            epoch_millis: epoch_millis.min(MAX_EPOCH_MILLIS),
        }
    }

    /// The moment so much earlier; the first one there is, where that is none.
    #[must_use]
    pub fn before(self, duration: Duration) -> Self {
        let millis = u64::try_from(duration.as_millis()).unwrap_or(u64::MAX);
        Self {
            epoch_millis: self.epoch_millis.saturating_sub(millis),
        }
    }

    /// The same second, with other milliseconds; `millis` counts modulo 1,000.
    #[must_use]
    pub fn with_millis(self, millis: u64) -> Self {
        Self {
            epoch_millis: self.epoch_millis - self.epoch_millis % 1_000 + millis % 1_000,
        }
    }

    /// The day in UTC, as `YYYY-MM-DD`.
    #[must_use]
    pub fn date(self) -> String {
        iso(self.utc().date())
    }

    /// The calendar and the clock in UTC.
    pub(crate) fn utc(self) -> OffsetDateTime {
        OffsetDateTime::UNIX_EPOCH + Duration::from_millis(self.epoch_millis)
    }
}

/// A day as `YYYY-MM-DD`.
pub(crate) fn iso(day: Date) -> String {
    let (year, month, day) = day.to_calendar_date();
    format!("{year:04}-{:02}-{day:02}", u8::from(month))
}

impl FromStr for Timestamp {
    type Err = InvalidTimestamp;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let moment = OffsetDateTime::parse(text, &Rfc3339).map_err(|_| InvalidTimestamp)?;
        i64::try_from(moment.unix_timestamp_nanos().div_euclid(1_000_000))
            .ok()
            .and_then(Self::from_epoch_millis)
            .ok_or(InvalidTimestamp)
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (hour, minute, second, millis) = self.utc().to_hms_milli();
        write!(
            formatter,
            "{}T{hour:02}:{minute:02}:{second:02}.{millis:03}Z",
            self.date()
        )
    }
}

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

/// Cut to whole milliseconds, and to the range.
impl From<SystemTime> for Timestamp {
    fn from(time: SystemTime) -> Self {
        let since_epoch = time
            .duration_since(SystemTime::UNIX_EPOCH)
            .unwrap_or_default();
        let epoch_millis = u64::try_from(since_epoch.as_millis()).unwrap_or(MAX_EPOCH_MILLIS);
        Self {
            epoch_millis: epoch_millis.min(MAX_EPOCH_MILLIS),
        }
    }
}

impl From<Timestamp> for SystemTime {
    fn from(timestamp: Timestamp) -> Self {
        Self::UNIX_EPOCH + Duration::from_millis(timestamp.epoch_millis)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn is_written_in_utc_with_milliseconds() {
        assert_eq!(
            parse("2025-12-03T10:00:00Z").to_string(),
            "2025-12-03T10:00:00.000Z"
        );
        assert_eq!(
            parse("2025-12-03T01:30:00.1239+02:00").to_string(),
            "2025-12-02T23:30:00.123Z"
        );
    }

    #[test]
    fn the_date_is_that_of_utc() {
        assert_eq!(parse("2025-12-03T01:30:00+02:00").date(), "2025-12-02");
    }

    #[test]
    fn milliseconds_are_replaced_within_the_second() {
        let moment = parse("2025-12-03T10:00:00.999Z").with_millis(1_234);
        assert_eq!(moment.to_string(), "2025-12-03T10:00:00.234Z");
        assert_eq!(moment.epoch_millis(), 1_764_756_000_234);
    }

    #[test]
    fn the_bounds_are_those_of_the_epoch_and_of_rfc_3339() {
        assert_eq!(parse("1970-01-01T00:00:00Z").epoch_millis(), 0);
        assert_eq!(
            parse("9999-12-31T23:59:59.999Z").epoch_millis(),
            MAX_EPOCH_MILLIS
        );
        for text in [
            "1969-12-31T23:59:59Z",
            "9999-12-31T23:59:59-01:00",
            "2025-12-03",
            "2025-12-03T10:00:00",
            "yesterday",
            "",
        ] {
            assert_eq!(text.parse::<Timestamp>(), Err(InvalidTimestamp), "{text:?}");
        }
    }

    #[test]
    fn a_time_of_the_system_is_cut_to_whole_milliseconds() {
        let time = SystemTime::UNIX_EPOCH + Duration::from_micros(1_999);
        assert_eq!(Timestamp::from(time).epoch_millis(), 1);
        assert_eq!(
            Timestamp::from(SystemTime::UNIX_EPOCH - Duration::from_secs(1)).epoch_millis(),
            0
        );
    }
}

//! The times of events, and the keys that are made of them.

use proptest::prelude::*;
use proptest::sample::select;
use serde_json::json;
use tag_compliance_core::event::{Event, Request, parse};
use tag_compliance_core::instance::InstanceId;
use tag_compliance_core::policy::pattern::Pattern;
use tag_compliance_core::record::{
    instance_key, is_believed, provisional_key, recorded_at, sweep_page_key,
};
use tag_compliance_core::testing::at;
use tag_compliance_core::timestamp::Timestamp;

use crate::support::{cases, hostile_text};

/// A time as RFC 3339 writes it.
#[derive(Debug, Clone)]
struct Written {
    date: (i64, i64, i64),
    clock: (i64, i64, i64),
    fraction: String,
    offset_minutes: i64,
}

impl Written {
    fn text(&self) -> String {
        let ((year, month, day), (hour, minute, second)) = (self.date, self.clock);
        let fraction = match self.fraction.as_str() {
            "" => String::new(),
            digits => format!(".{digits}"),
        };
        let offset = match self.offset_minutes {
            0 => "Z".to_owned(),
            minutes => {
                let sign = if minutes < 0 { '-' } else { '+' };
                format!("{sign}{:02}:{:02}", minutes.abs() / 60, minutes.abs() % 60)
            }
        };
        format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}{fraction}{offset}")
    }

    fn is_of_the_calendar(&self) -> bool {
        let (year, month, day) = self.date;
        let is_leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
        let days = match month {
            2 => 28 + i64::from(is_leap),
            4 | 6 | 9 | 11 => 30,
            _ => 31,
        };
        (1..=12).contains(&month) && (1..=days).contains(&day)
    }

    /// Milliseconds since 1970: days of the proleptic Gregorian calendar, counted from March.
    fn epoch_millis(&self) -> i64 {
        let ((year, month, day), (hour, minute, second)) = (self.date, self.clock);
        let (year, month) = if month < 3 {
            (year - 1, month + 12)
        } else {
            (year, month)
        };
        let leap_days = year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400);
        let days = 365 * year + leap_days + (153 * (month - 3) + 2) / 5 + day - 719_469;
        let minutes = (days * 24 + hour) * 60 + minute - self.offset_minutes;
        let millis: i64 = format!("{:0<3}", self.fraction)[..3].parse().unwrap();
        (minutes * 60 + second) * 1_000 + millis
    }
}

fn written() -> impl Strategy<Value = Written> {
    let year = prop_oneof![
        select(vec![0, 1, 1969, 1970, 2024, 2100, 9999]),
        0..10_000_i64
    ];
    let clock = prop_oneof![
        (0..24_i64, 0..60_i64, 0..60_i64),
        Just((0, 0, 0)),
        Just((23, 59, 59)),
    ];
    let offset = prop_oneof![4 => Just(0), 3 => -1_439..1_440_i64, 1 => select(vec![-1_439, -60, 60, 1_439])];
    let date = (year, 1..13_i64, prop_oneof![1..29_i64, 29..32_i64]);
    (date, clock, "|[0-9]{1,9}|9{3,9}|0{1,9}", offset).prop_map(
        |(date, clock, fraction, offset_minutes)| Written {
            date,
            clock,
            fraction,
            offset_minutes,
        },
    )
}

const END_OF_9999: i64 = 253_402_300_799_999;

proptest! {
    #![proptest_config(cases(2_000))]

    #[test]
    fn a_time_is_that_of_the_calendar_or_none(written in written()) {
        let text = written.text();
        let expected = Some(written.epoch_millis())
            .filter(|millis| written.is_of_the_calendar() && (0..=END_OF_9999).contains(millis));
        let parsed = text.parse::<Timestamp>().ok();
        let millis = parsed.map(|time| i64::try_from(time.epoch_millis()).unwrap());
        prop_assert_eq!(millis, expected, "{}", text);
        if let Some(time) = parsed {
            prop_assert_eq!(time.to_string().parse(), Ok(time));
            prop_assert!(time.to_string().starts_with(&time.date()));
        }
    }

    #[test]
    fn a_key_is_where_the_role_may_write(
        written in written(),
        damaged_time in proptest::option::weighted(0.2, hostile_text(40)),
        id in proptest::option::of(prop_oneof![hostile_text(100), Just("../../x".to_owned())]),
        instance_id in "i-([0-9a-f]{8}|[0-9a-f]{17})",
        page in any::<u32>(),
    ) {
        let time = damaged_time.unwrap_or_else(|| written.text());
        let mut event = json!({
            "detail-type": "EC2 Instance State-change Notification", "source": "aws.ec2", "time": time,
            "detail": {"instance-id": instance_id, "state": "running"},
        });
        if let Some(id) = &id {
            event["id"] = json!(id);
        }
        let called_at = at("2026-01-01T00:00:00.500Z");
        let check = match parse(&event) {
            Ok(Event::Single(Request::Check(mut checks))) => checks.remove(0),
            Ok(other) => return Err(TestCaseError::fail(format!("{other:?}"))),
            Err(error) => {
                prop_assert_eq!(error.field.to_string(), "time");
                prop_assert!(error.to_string().starts_with("time: expected an RFC 3339 time"));
                return Ok(());
            }
        };
        let recorded_at = recorded_at(&check.event, called_at);
        let time = check.event.time.unwrap();
        if is_believed(time, called_at) {
            let seconds = time.epoch_millis() / 1_000;
            prop_assert_eq!(recorded_at.epoch_millis() / 1_000, seconds, "the event's own second");
        } else {
            prop_assert_eq!(recorded_at, called_at);
        }
        let key = instance_key(&check.instance_id, recorded_at);
        let form = Pattern::new(
            "scans/[0-9]{4}-[0-9]{2}-[0-9]{2}/i-[0-9a-f]{8,17}-[0-9]+(-provisional)?\\.json",
            false,
        ).unwrap();
        prop_assert!(form.matches(&key), "{}", key);
        prop_assert!(form.matches(&provisional_key(&key)), "{}", key);
        let millis = recorded_at.epoch_millis();
        prop_assert!(key.ends_with(&format!("/{instance_id}-{millis}.json")), "{}", key);
        let day = format!("scans/{}/", &recorded_at.to_string()[..10]);
        prop_assert!(key.starts_with(&day), "{}", key);
        let page_key = sweep_page_key(recorded_at, page);
        let form = "scans/[0-9]{4}-[0-9]{2}-[0-9]{2}/fleet-[0-9]+-[0-9]+\\.jsonl";
        let form = Pattern::new(form, false).unwrap();
        prop_assert!(form.matches(&page_key), "{}", page_key);
    }
}

#[test]
fn times_of_the_edges_have_the_right_key_or_a_clear_error() {
    let id: InstanceId = "i-12345678".parse().unwrap();
    for (time, key) in [
        (
            "1970-01-01T00:00:00Z",
            Some("scans/1970-01-01/i-12345678-0.json"),
        ),
        ("1970-01-01T00:59:59+01:00", None),
        (
            "1969-12-31T23:00:00-01:00",
            Some("scans/1970-01-01/i-12345678-0.json"),
        ),
        ("1969-12-31T23:59:59.999Z", None),
        ("0000-01-01T00:00:00Z", None),
        (
            "9999-12-31T23:59:59.9999Z",
            Some("scans/9999-12-31/i-12345678-253402300799999.json"),
        ),
        ("9999-12-31T23:59:59-00:01", None),
        // A leap second counts to the second before it, which is the same day.
        (
            "2016-12-31T23:59:60Z",
            Some("scans/2016-12-31/i-12345678-1483228799999.json"),
        ),
        ("2016-12-31T12:00:60Z", None),
        ("2016-12-31T23:59:61Z", None),
        ("2025-12-03T24:00:00Z", None),
        ("2025-02-29T00:00:00Z", None),
        (
            "2025-12-03T23:30:00.5-00:45",
            Some("scans/2025-12-04/i-12345678-1764807300500.json"),
        ),
        (
            "2025-12-03T10:00:00.123456789123456789Z",
            Some("scans/2025-12-03/i-12345678-1764756000123.json"),
        ),
        ("12025-12-03T10:00:00Z", None),
        ("2025-12-03T10:00:00.Z", None),
        ("2025-12-03T10:00:00", None),
        ("2025-12-03", None),
        ("２025-12-03T10:00:00Z", None),
    ] {
        let event =
            json!({"detail-type": "x", "time": time, "detail": {"instance-id": "i-12345678"}});
        match (parse(&event), key) {
            (Ok(Event::Single(Request::Check(checks))), Some(key)) => {
                let event = &checks[0].event;
                let recorded_at = recorded_at(event, event.time.unwrap());
                assert_eq!(instance_key(&id, recorded_at), key, "{time}");
            }
            (Err(error), None) => assert_eq!(
                error.to_string(),
                format!(
                    "time: expected an RFC 3339 time from 1970 on, such as 2025-12-03T10:00:00Z, got {}",
                    json!(time)
                )
            ),
            (answer, _) => panic!("{time}: {answer:?}"),
        }
    }
}

//! Times, in the forms in which AWS writes them.

use std::time::Duration;

use serde_json::Value;
use tag_compliance_core::expected::Expected as _;
use tag_compliance_core::json::{FieldError, Fields};
use tag_compliance_core::timestamp::Timestamp;

/// In seconds this is the year 5138, in milliseconds 1973.
const FIRST_IN_MILLIS: f64 = 1e11;

/// The time in a field: as text, or as the number of seconds or milliseconds since 1970.
pub fn read(fields: &Fields<'_>, name: &str) -> Result<Option<Timestamp>, FieldError> {
    let Some(number) = fields.get(name).and_then(Value::as_f64) else {
        return fields.parsed(name);
    };
    let in_millis = number >= FIRST_IN_MILLIS;
    let seconds = if in_millis { number / 1e3 } else { number };
    let time = Duration::try_from_secs_f64(seconds).ok().and_then(|time| {
        let millis = i64::try_from(time.as_millis()).ok()?;
        Timestamp::from_epoch_millis(millis)
    });
    let time = time.ok_or_else(|| fields.error(name, Timestamp::EXPECTED))?;
    Ok(Some(time))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_time_is_text_seconds_or_milliseconds() {
        let noon = "2025-12-03T12:00:00Z".parse().ok();
        for (value, expected) in [
            (json!("2025-12-03T12:00:00.000Z"), Ok(noon)),
            (json!("2025-12-03T13:00:00+01:00"), Ok(noon)),
            (json!(1_764_763_200), Ok(noon)),
            (json!(1_764_763_200.0), Ok(noon)),
            (json!(1_764_763_200_000_u64), Ok(noon)),
            (json!(-1), Err("got -1")),
            (json!(1e300), Err("got 1e+300")),
            (json!(1e18), Err("got 1e+18")),
            (json!("noon"), Err("got \"noon\"")),
            (json!(true), Err("got true")),
        ] {
            let fields = json!({"a": value});
            let time = read(&Fields::root("file", &fields).unwrap(), "a");
            let time = time.map_err(|error| {
                let error = error.to_string();
                error.rsplit_once(", ").map(|(_, got)| got.to_owned())
            });
            let expected = expected.map_err(|got| Some(got.to_owned()));
            assert_eq!(time, expected, "{fields}");
        }
    }
}

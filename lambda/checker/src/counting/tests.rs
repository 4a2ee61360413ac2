use serde_json::json;
use tag_compliance_core::timestamp::Timestamp;

use super::*;
use crate::logging::testing::logged;

fn counted(unwritten_records: u64) -> Counted {
    Counted {
        evaluations: Counts {
            compliant: 3,
            non_compliant: 2,
            ..Counts::default()
        },
        unwritten_records,
        ..Counted::default()
    }
}

#[test]
fn the_line_is_written_at_each_level_as_one_that_lambda_lets_through() {
    for (level, shown) in [
        ("TRACE", "INFO"),
        ("INFO", "INFO"),
        ("WARN", "WARN"),
        ("ERROR", "ERROR"),
        ("FATAL", "ERROR"),
    ] {
        let lines = logged(level, || log(counted(0)));
        let [line] = lines.as_slice() else {
            panic!("one line at {level}, got {lines:?}");
        };
        let mut line = line.clone();
        let timestamp = line.as_object_mut().unwrap().remove("timestamp");
        // Lambda takes a line without a valid time for one of INFO.
        let timestamp = timestamp.unwrap();
        let parsed = timestamp.as_str().unwrap().parse::<Timestamp>();
        assert!(parsed.is_ok(), "{timestamp}");
        let expected = json!({
            "level": shown, "message": "Evaluations counted", "compliant": 3, "non_compliant": 2,
        });
        assert_eq!(line, expected, "{level}");
    }
}

#[test]
fn unwritten_records_are_in_the_line_where_there_are_some() {
    let [line] = logged("ERROR", || log(counted(7))).try_into().unwrap();
    assert_eq!(line["unwritten_records"], 7);
}

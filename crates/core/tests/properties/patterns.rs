//! Patterns, against values that are chosen to be slow, or to be nearly right.

use proptest::prelude::*;
use tag_compliance_core::policy::pattern::Pattern;

use crate::support::{cases, hostile_text};

proptest! {
    #![proptest_config(cases(300))]

    #[test]
    fn a_pattern_is_for_the_whole_value(
        text in hostile_text(60),
        before in hostile_text(4),
        after in hostile_text(4),
    ) {
        let literal = Pattern::new(&Pattern::escape(&text), false).unwrap();
        let value = format!("{before}{text}{after}");
        prop_assert!(literal.matches(&text));
        prop_assert_eq!(literal.matches(&value), value == text, "{:?}", value);
        let either = Pattern::new(&format!("x|{}|y", Pattern::escape(&text)), false).unwrap();
        prop_assert_eq!(either.matches(&value), value == text || value == "x" || value == "y");
    }

    #[test]
    fn any_text_is_a_pattern_or_an_error_of_one_line(text in "[a-z()\\[\\]{}|*+?^$\\\\.,0-9:<>P=!-]{0,40}", ignore_case in any::<bool>()) {
        match Pattern::new(&text, ignore_case) {
            Ok(pattern) => {
                prop_assert_eq!(pattern.as_str(), text.as_str());
                prop_assert_eq!(pattern.matches("aaaa"), pattern.matches("aaaa"));
            }
            Err(error) => {
                let error = error.to_string();
                prop_assert!(!error.is_empty() && !error.contains('\n'), "{:?}", error);
            }
        }
    }
}

#[test]
fn a_pattern_that_would_keep_a_backtracking_engine_busy_for_ever_is_done() {
    for text in [
        "(a*)*b",
        "(a|a)*b",
        "(a|aa)+b",
        "(.*)(.*)(.*)b",
        "([a-z]+)*[0-9]",
    ] {
        let pattern = Pattern::new(text, false).unwrap();
        assert!(!pattern.matches(&"a".repeat(64_000)), "{text}");
    }
}

use serde::Deserialize;

use super::classes::Classes;
use super::names::{CATEGORIES, SCRIPTS};
use crate::policy::pattern::Pattern;

/// What Terraform's engine says of a pattern, and of whole values.
#[derive(Debug, Deserialize)]
struct Case {
    pattern: String,
    #[serde(default)]
    refused: bool,
    #[serde(default)]
    matches: Vec<String>,
    #[serde(default)]
    differs: Vec<String>,
}

#[test]
fn a_pattern_means_what_it_means_in_terraform() {
    let path = crate::testing::fixtures().join("patterns.json");
    let cases: Vec<Case> = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    assert!(cases.len() > 200);
    let mut faults = Vec::new();
    for case in cases {
        match Pattern::new(&case.pattern, false) {
            Err(error) if !case.refused => faults.push(format!("{case:?}: {error}")),
            Ok(_) if case.refused => faults.push(format!("{case:?}: accepted")),
            Err(_) => {}
            Ok(pattern) => {
                let is_right = |value: &String, matches| pattern.matches(value) == matches;
                let wrong = case.matches.iter().filter(|value| !is_right(value, true));
                let more = case.differs.iter().filter(|value| !is_right(value, false));
                let wrong: Vec<_> = wrong.chain(more).collect();
                if !wrong.is_empty() {
                    faults.push(format!("{case:?}: wrong for {wrong:?}"));
                }
            }
        }
    }
    assert!(faults.is_empty(), "{faults:#?}");
}

#[test]
fn what_is_refused_is_told_in_one_line() {
    for (text, error) in [
        ("(", "unclosed group: a ( without its )"),
        ("a)|(?:b", "unopened group: a ) without its ("),
        ("[a", "unclosed class: a [ without its ]"),
        ("(?=a)", "RE2 does not support look-around"),
        ("(?<!a)", "RE2 does not support look-around"),
        (
            "(?x)a # comment",
            "RE2 supports only the flags i, m, s and U",
        ),
        (
            "(?P<a b>c)",
            "a group's name may have only letters, digits and _",
        ),
        (
            "a**",
            "RE2 does not allow repeating a repetition, as in a**",
        ),
        ("a|*", "there is nothing before the repetition"),
        (
            "a{2,1}",
            "the lower bound of a repetition exceeds the upper one",
        ),
        ("a{1001}", "RE2 allows at most 1000 times"),
        ("(a{10}b{32}){32}", "RE2 allows at most 1000 times"),
        ("[z-a]", "a character range ends before it begins"),
        ("[[:foo:]]", "RE2 does not support [:foo:]"),
        (r"\p{Lu", r"unclosed \p{"),
        (
            r"\p{greek}",
            r"RE2 does not support this character class: \p takes a general category such as Lu, or a script such as Greek",
        ),
        (r"\u0061", r"RE2 does not support \u"),
        (r"(a)\1", r"RE2 does not support \1"),
        (
            r"\xg",
            r"\x needs two hexadecimal digits, or some in braces",
        ),
        ("a\\", "it ends with a backslash"),
    ] {
        let refused = Pattern::new(text, false).unwrap_err().to_string();
        assert_eq!(refused, error, "{text}");
    }
}

#[test]
fn the_flag_for_case_is_that_of_the_expression() {
    for (text, value) in [
        ("k", "\u{212a}"),
        (r"\w", "ſ"),
        ("[^s]", "ſ"),
        (r"\p{Lu}", "a"),
    ] {
        let flagged = Pattern::new(&format!("(?i){text}"), false).unwrap();
        let ignoring = Pattern::new(text, true).unwrap();
        assert_eq!(ignoring.matches(value), flagged.matches(value), "{text}");
        let exact = Pattern::new(text, false).unwrap();
        assert_ne!(ignoring.matches(value), exact.matches(value), "{text}");
    }
    assert!(!Pattern::new("(?-i)k", true).unwrap().matches("K"));
}

#[test]
fn every_class_has_its_characters() {
    for name in CATEGORIES.iter().chain(SCRIPTS) {
        let class = Classes::default().get(name, false).unwrap();
        assert_eq!(class.ranges().is_empty(), *name == "Cs", "{name}");
    }
}

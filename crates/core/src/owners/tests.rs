use serde_json::{Value, json};

use super::*;
use crate::packed::pack;

fn owners(keys: &[&str]) -> Owners {
    Owners::from_json(&json!(keys).to_string()).unwrap()
}

fn error(text: &str) -> String {
    Owners::from_variable(text).unwrap_err().to_string()
}

fn error_of(list: &Value) -> String {
    error(&list.to_string())
}

#[test]
fn the_closest_key_wins_whatever_the_order_of_the_list() {
    let mut keys = vec![
        "*", "web*", "web-team", "web-*", "*-team", "*-ops", "d*a*", "d*b*",
    ];
    for _ in 0..keys.len() {
        keys.rotate_left(1);
        let owners = owners(&keys);
        for (owner, key) in [
            ("web-team", "web-team"),
            // Longer than web-* by one character.
            ("web-a-team", "*-team"),
            ("web-a", "web-*"),
            ("webmaster", "web*"),
            ("web-ops", "*-ops"),
            // As long as each other: byte order decides.
            ("data-b", "d*a*"),
            ("Web-team", "*-team"),
            ("Web", "*"),
            ("", "*"),
        ] {
            let found = owners.pattern_of(Some(Untrusted::new(owner)));
            assert_eq!(found, Some(key), "{owner} of {keys:?}");
        }
    }
}

#[test]
fn length_counts_in_characters() {
    let owners = owners(&["ü*", "*-x"]);
    let found = owners.pattern_of(Some(Untrusted::new("ü-x")));
    assert_eq!(found, Some("*-x"));
}

#[test]
fn only_a_star_stands_for_instances_without_an_owner() {
    assert_eq!(owners(&["*", "a*"]).pattern_of(None), Some("*"));
    assert_eq!(owners(&["a*", "a"]).pattern_of(None), None);
    assert_eq!(Owners::default().pattern_of(None), None);
}

#[test]
fn an_owner_that_no_key_stands_for_has_none() {
    let owners = owners(&["web", "data-*"]);
    for owner in ["Web", "web ", "data", "", "*"] {
        let found = owners.pattern_of(Some(Untrusted::new(owner)));
        assert_eq!(found, None, "{owner:?}");
    }
}

#[test]
fn a_star_stands_for_any_characters_and_nothing_else_is_special() {
    for (key, owner) in [
        ("a*", "a"),
        ("*a", "a"),
        ("*", "\n"),
        ("a*c", "abc"),
        ("a*b*c", "a-b-b-c"),
        ("*b*", "abc"),
        ("a?.*", "a?.b"),
        ("a*", "a*"),
    ] {
        assert!(matches(key, owner), "{key} {owner:?}");
    }
    for (key, owner) in [
        ("a*", "ba"),
        ("*a", "ab"),
        ("ab*ba", "aba"),
        ("a*b*c", "a-c-b"),
        ("a*b*b", "ab"),
        ("a?*", "ab"),
        ("a.*", "ab"),
    ] {
        assert!(!matches(key, owner), "{key} {owner:?}");
    }
}

#[test]
fn a_variable_is_json_or_packed() {
    let json = r#" ["web", "data-*"] "#;
    let packed = pack(json.as_bytes()).unwrap();
    let read = Owners::from_variable(json).unwrap();
    assert_eq!(read, owners(&["data-*", "web"]));
    assert_eq!(Owners::from_variable(&packed).unwrap(), read);
    assert_eq!(Owners::from_variable("[]").unwrap(), Owners::default());
}

#[test]
fn what_is_no_list_is_refused() {
    let expected = "expected a JSON list of strings, or that gzipped in base64, got ";
    for text in ["web", "{}", "[\"web\"", ""] {
        assert_eq!(
            error(text),
            format!("{expected}\"{}\"", text.replace('"', "\\\""))
        );
    }
    for bytes in [b"{}".as_slice(), b"\xff"] {
        assert!(error(&pack(bytes).unwrap()).starts_with(expected));
    }
    let long = " ".repeat(1 << 20) + "[]";
    assert!(error(&pack(long.as_bytes()).unwrap()).starts_with(expected));
}

#[test]
fn an_entry_that_is_no_key_is_named() {
    let expected = "a value of the owner tag, or a pattern with *, of 1 to 256 characters, without blanks at its ends, \
                    control characters, quotation marks, backslashes and **";
    let long = "ü".repeat(257);
    for entry in [
        json!(""),
        json!(" web"),
        json!("web\u{200b}"),
        json!("a**"),
        json!("a\"b"),
        json!("a\\b"),
        json!("a\tb"),
        json!(1),
        json!(null),
        json!(["web"]),
    ] {
        let message = format!("[1]: expected {expected}, got {entry}");
        assert_eq!(error_of(&json!(["web", entry])), message);
    }
    assert!(error_of(&json!([long])).starts_with(&format!("[0]: expected {expected}, got \"ü")));
    owners(&[&"ü".repeat(256)]);
}

#[test]
fn an_owner_is_listed_once() {
    let message = error_of(&json!(["web", "*", "web"]));
    assert_eq!(
        message,
        "[2]: expected an owner that is not listed before, got \"web\""
    );
}

#[test]
fn a_list_has_at_most_two_hundred_entries() {
    let keys = |count: usize| (0..count).map(|n| n.to_string()).collect::<Vec<_>>();
    Owners::from_json(&json!(keys(200)).to_string()).unwrap();
    let message = error_of(&json!(keys(201)));
    assert_eq!(message, "expected at most 200 entries, got 201");
}

#[test]
fn terraform_has_the_same_limits() {
    let text = include_str!("../../../../terraform/modules/alerts/limits.json");
    let limits: Value = serde_json::from_str(text).unwrap();
    let ours = json!({"owners": MAX_OWNERS, "owner_chars": MAX_OWNER_CHARS});
    assert_eq!(limits, ours);
}

use serde_json::{Value, json};
use tag_compliance_core::json::Path;

use super::*;

fn read(text: &str) -> Result<Value, String> {
    let node = parse(text, Tags::Functions);
    let node = node.map_err(|error| format!("{}: {}", error.at, error.what))?;
    Ok(node.to_value())
}

#[test]
fn short_forms_become_functions() {
    for (text, expected) in [
        ("!Ref Owner", json!({"Ref": "Owner"})),
        ("!Condition IsProd", json!({"Condition": "IsProd"})),
        ("!Sub '${A}-b'", json!({"Fn::Sub": "${A}-b"})),
        ("!GetAtt A.B.C", json!({"Fn::GetAtt": ["A", "B.C"]})),
        ("!GetAtt [A, B]", json!({"Fn::GetAtt": ["A", "B"]})),
        ("!GetAtt A", json!({"Fn::GetAtt": "A"})),
        (
            "!If [c, !Ref A, !Ref 'AWS::NoValue']",
            json!({"Fn::If": ["c", {"Ref": "A"}, {"Ref": "AWS::NoValue"}]}),
        ),
        (
            "!Join\n- ','\n- - a\n  - !FindInMap [M, !Ref K, v]\n",
            json!({"Fn::Join": [",", ["a", {"Fn::FindInMap": ["M", {"Ref": "K"}, "v"]}]]}),
        ),
        (
            "!Transform {Name: AWS::Include}",
            json!({"Fn::Transform": {"Name": "AWS::Include"}}),
        ),
        ("!Sub |\n  {\"a\": 1}\n", json!({"Fn::Sub": "{\"a\": 1}\n"})),
    ] {
        assert_eq!(read(&format!("--- {text}")), Ok(expected), "{text}");
    }
    let refused = "line 1, column 4: expected no tag such as !x";
    for text in ["a: !a-b c", "a: !", "a: !!int b", "a: !<x> b"] {
        let error = read(text).unwrap_err();
        assert!(error.ends_with("expected no tag such as !x"), "{error}");
    }
    let of_policy = parse("a: !Ref b", Tags::Refused).unwrap_err();
    assert_eq!(format!("{}: {}", of_policy.at, of_policy.what), refused);
}

#[test]
fn what_is_tagged_has_its_place() {
    let text = "a:\n  - !Ref b\n  - !If\n    - c\n    - !Sub d\n";
    let node = parse(text, Tags::Functions).unwrap();
    let list = Path::root("f").field("a");
    for (path, expected) in [
        (list.index(0).field("Ref"), "line 2, column 5"),
        (list.index(1).key("Fn::If").index(0), "line 4, column 7"),
        (
            list.index(1).key("Fn::If").index(1).key("Fn::Sub"),
            "line 5, column 7",
        ),
    ] {
        assert_eq!(node.nearest(&path).at.to_string(), expected, "{path}");
    }
}

#[test]
fn anchors_stand_for_what_they_name_and_nothing_is_merged() {
    let text = "a: &a [x, y]\nb: *a\n";
    assert_eq!(read(text), Ok(json!({"a": ["x", "y"], "b": ["x", "y"]})));
    let merged = "a: &a {x: 1}\nb:\n  <<: *a\n";
    let expected = "line 3, column 3: expected no merge key <<: write out what it would bring in";
    assert_eq!(read(merged), Err(expected.to_owned()));
}

#[test]
fn digits_after_a_zero_stay_a_text() {
    let text = "[012345678901, 007, '08', 0, 10, -1, 0o17, 0x1f]";
    let expected = json!(["012345678901", "007", "08", 0, 10, -1, 15, 31]);
    assert_eq!(read(text), Ok(expected));
}

#[test]
fn what_must_be_in_quotes_is_said() {
    for (text, position, start) in [
        ("a:\n  @@assign: b", "line 2, column 3", "@"),
        ("a:\n  - *", "line 2, column 5", "*"),
        ("a:\n  - *@example.com", "line 2, column 5", "*"),
        ("a: `b`", "line 1, column 4", "`"),
    ] {
        let error = read(text).unwrap_err();
        let hint = format!(": put a text that begins with {start} into quotes");
        assert!(
            error.starts_with(position) && error.ends_with(&hint),
            "{error}"
        );
    }
    let unended = "line 2, column 1: while parsing a flow sequence, expected ',' or ']'";
    assert_eq!(read("a: [b"), Err(unended.to_owned()));
}

#[test]
fn what_json_cannot_say_is_refused() {
    for (text, expected) in [
        (
            "# why\n",
            "line 1, column 1: expected a value, got nothing but comments",
        ),
        (
            "a\n---\nb",
            "line 3, column 1: expected one document, got several",
        ),
        ("a: .inf", "line 1, column 4: expected a finite number"),
        (
            "1: a",
            "line 1, column 1: expected a key that is a string: put it into quotes",
        ),
        (
            "[a]: b",
            "line 1, column 1: expected a key that is a string: put it into quotes",
        ),
    ] {
        assert_eq!(read(text), Err(expected.to_owned()), "{text}");
    }
    assert_eq!(
        read("a: [~, yes, true, 1.5]"),
        Ok(json!({"a": [null, "yes", true, 1.5]}))
    );
    let error = parse("1: a", Tags::Refused).unwrap_err();
    assert!(
        error.to_string().starts_with("unusable as YAML: expected"),
        "{error}"
    );
}

#[test]
fn what_is_nested_too_deep_is_refused() {
    let lines = |depth: usize| {
        let lines = (0..depth).map(|depth| format!("{}a:\n", " ".repeat(depth)));
        lines.collect::<String>()
    };
    assert!(read(&lines(257)).is_ok());
    let refused = "expected lines that are indented by at most 256 characters";
    for (text, line) in [
        (lines(5000), 258),
        (format!("a:\n{}b", "- ".repeat(20_000)), 2),
    ] {
        let expected = format!("line {line}, column 1: {refused}");
        assert_eq!(read(&text), Err(expected));
    }
    let flow = read(&format!("a: {}", "[".repeat(20_000))).unwrap_err();
    assert!(flow.ends_with("recursion limit exceeded"), "{flow}");
}

//! The short forms of intrinsic functions in `CloudFormation`'s YAML ("Intrinsic function reference" in its user
//! guide): `!Sub x` means `{"Fn::Sub": x}`.

use tag_compliance_core::json::{Entry, Kind, Node, Position};

/// Functions whose names don't begin with `Fn::`.
const PLAIN: [&str; 2] = ["Ref", "Condition"];

/// The long form of a tagged value. None if the tag isn't a function.
pub fn long_form(name: &str, value: Node, at: Position) -> Option<Kind> {
    if name.is_empty() || !name.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        return None;
    }
    let key = if PLAIN.contains(&name) {
        name.to_owned()
    } else {
        format!("Fn::{name}")
    };
    let value = if name == "GetAtt" {
        parted(value)
    } else {
        value
    };
    Some(Kind::Object(vec![Entry { at, key, value }]))
}

/// `!GetAtt A.B.C` means `{"Fn::GetAtt": ["A", "B.C"]}`.
fn parted(value: Node) -> Node {
    let Kind::String(text) = &value.kind else {
        return value;
    };
    let Some((resource, attribute)) = text.split_once('.') else {
        return value;
    };
    let part = |text: &str| Node {
        at: value.at,
        kind: Kind::String(text.to_owned()),
    };
    Node {
        kind: Kind::Array(vec![part(resource), part(attribute)]),
        ..value
    }
}

//! JSON as text in a field.

use tag_compliance_core::json::{FieldError, Fields, Node};

/// The JSON in a field.
pub fn json(fields: &Fields<'_>, name: &str) -> Result<Node, FieldError> {
    let text = fields.required_string(name)?;
    Node::parse(text).map_err(|error| fields.error(name, error.expected_in_string()))
}

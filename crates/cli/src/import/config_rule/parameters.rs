//! The parameters of a `required-tags` rule ("required-tags" in the developer guide of AWS Config).

use serde_json::{Map, Value};
use tag_compliance_core::policy::document::RequiredTag;

use super::super::ImportError;
use super::super::notes::Notes;
use super::super::place::{Place, given};

/// The most tags that a rule can check.
const MAX_TAGS: usize = 6;

/// The default of `tag1Key`; the other parameters have none.
const DEFAULT_KEY: &str = "CostCenter";

/// A documented parameter: the number of its tag, and whether it is the key.
fn number(name: &str) -> Option<&str> {
    let rest = name.strip_prefix("tag")?;
    let number = rest.strip_suffix("Key").or(rest.strip_suffix("Value"))?;
    let is_number = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then_some(number)
}

/// Whether a field is such a parameter, `tag1Key` to `tag6Value`, or looks like one.
pub(in super::super) fn is_parameter(name: &str) -> bool {
    number(name).is_some()
}

/// The tags of the parameters in the order of the file, and where their keys are.
pub(super) fn tags(
    place: &Place,
    parameters: &Value,
    notes: &mut Notes,
) -> Result<Vec<(Place, RequiredTag)>, ImportError> {
    let fields = place.resolved(parameters, "an object of parameters")?;
    let known: Vec<_> = (1..=MAX_TAGS).map(|number| number.to_string()).collect();
    let mut numbers: Vec<&str> = Vec::new();
    for (name, value) in fields {
        let number = number(name).filter(|number| known.iter().any(|it| it == number));
        let Some(number) = number else {
            let expected = format!("tag1Key, tag1Value to tag{MAX_TAGS}Key, tag{MAX_TAGS}Value");
            return Err(place.expected_key(&expected, name));
        };
        if !value.is_null() && !numbers.contains(&number) {
            numbers.push(number);
        }
    }
    if !numbers.contains(&"1") {
        numbers.insert(0, "1");
    }
    let tags = numbers
        .into_iter()
        .map(|number| tag(place, fields, number, notes));
    tags.collect()
}

fn tag(
    place: &Place,
    fields: &Map<String, Value>,
    number: &str,
    notes: &mut Notes,
) -> Result<(Place, RequiredTag), ImportError> {
    let expected = "the key of a required tag";
    let (name, value_name) = (format!("tag{number}Key"), format!("tag{number}Value"));
    let key_place = place.field(&name);
    let key = match given(fields, &name) {
        Some(key) => {
            let text = key_place.text(key, expected)?;
            if text.trim().is_empty() {
                return Err(key_place.expected(expected, key));
            }
            text
        }
        // Only tag1Key has a default.
        None if number == "1" => {
            let text = format!("is not set, so it has its default, {DEFAULT_KEY:?}");
            notes.important(key_place.note(&text));
            DEFAULT_KEY
        }
        None => return Err(key_place.expected(expected, &Value::Null)),
    };
    let allowed_values = match given(fields, &value_name) {
        Some(value) => values(&place.field(&value_name), value, notes)?,
        None => None,
    };
    let tag = RequiredTag {
        key: key.to_owned(),
        allowed_values,
        ..RequiredTag::default()
    };
    Ok((key_place, tag))
}

/// "Separate multiple values with commas". The guide doesn't mention blanks.
fn values(
    place: &Place,
    value: &Value,
    notes: &mut Notes,
) -> Result<Option<Vec<String>>, ImportError> {
    // AWS CloudFormation turns numbers into text.
    let text = match value.as_u64() {
        Some(number) => number.to_string(),
        None => place
            .text(value, "a string of values, separated by commas")?
            .to_owned(),
    };
    let written: Vec<_> = text.split(',').collect();
    let values: Vec<_> = written.iter().map(|value| value.trim()).collect();
    if values.iter().all(|value| value.is_empty()) {
        notes.important(place.note("is empty, so any value is allowed"));
        return Ok(None);
    }
    if values != written {
        notes.important(place.note("blanks around its values are left out"));
    }
    if values.contains(&"") {
        notes.important(place.note("its empty values are left out"));
    }
    let values = values.into_iter().filter(|value| !value.is_empty());
    Ok(Some(values.map(str::to_owned).collect()))
}

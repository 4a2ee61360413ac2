//! Tags, in the forms in which AWS writes them.

use tag_compliance_core::instance::Tags;
use tag_compliance_core::json::{FieldError, Fields};
use tag_compliance_core::text::{Quoted, excerpt};

/// How much of a key or a value an error shows: it has room for three.
const MAX_CHARS: usize = 22;

/// The object in the field `tags`.
pub fn object(fields: &Fields<'_>) -> Result<Option<Tags>, FieldError> {
    fields.deserialized("tags", "an object of strings")
}

/// A list of keys and values under these names.
pub fn pairs(
    list: &[Fields<'_>],
    key: &str,
    value: &str,
) -> Result<Vec<(String, String)>, FieldError> {
    let pair = |tag: &Fields<'_>| {
        let text = tag.string(value)?.unwrap_or_default();
        Ok((tag.required_string(key)?.to_owned(), text.to_owned()))
    };
    let pairs = list.iter().map(pair).collect::<Result<Vec<_>, _>>()?;
    for (index, (name, text)) in pairs.iter().enumerate() {
        // One of two values would be lost.
        if let Some((_, first)) = pairs[..index].iter().find(|(earlier, _)| earlier == name) {
            let [name, first, text] =
                [name, first, text].map(|text| Quoted(&excerpt(text, MAX_CHARS)).to_string());
            let got = format!("{name} with the values {first} and {text}");
            return Err(FieldError::new(
                &list[index].path(key),
                "each key once",
                &got,
            ));
        }
    }
    Ok(pairs)
}

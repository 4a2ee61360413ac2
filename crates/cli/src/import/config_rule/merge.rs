//! Merges rules for the same key. AWS Config requires an instance to comply with every rule that covers it. A policy
//! can have a key several times only if each of its rules has a condition.

use tag_compliance_core::policy::document::{Condition, RequiredTag};

use super::super::ImportError;
use super::super::notes::Notes;
use super::super::place::{Place, quoted};

/// A tag, and where its key is in the file.
type Tag = (Place, RequiredTag);

/// The tags in a form that a policy allows.
pub(super) fn merged(tags: Vec<Tag>, notes: &mut Notes) -> Result<Vec<Tag>, ImportError> {
    let mut merged: Vec<Tag> = Vec::new();
    for tag in tags {
        let mut earlier = merged.iter_mut();
        match earlier.find(|(_, it)| it.key == tag.1.key && it.when == tag.1.when) {
            Some(earlier) => {
                earlier.1.allowed_values = both(earlier, &tag)?;
                notes.other(already(&tag.0, &earlier.0));
            }
            None => merged.push(tag),
        }
    }
    let everywhere = merged.iter().filter(|(_, tag)| tag.when.is_none());
    for tag in everywhere.cloned().collect::<Vec<_>>() {
        part(&mut merged, &tag, notes)?;
    }
    Ok(merged)
}

/// Separates what is required everywhere from what other rules require only for some instances.
fn part(tags: &mut Vec<Tag>, everywhere: &Tag, notes: &mut Notes) -> Result<(), ImportError> {
    let is_same = |tag: &RequiredTag| tag.key == everywhere.1.key;
    let is_implied =
        |tag: &RequiredTag| is_same(tag) && tag.when.is_some() && implies(&everywhere.1, tag);
    for (place, _) in tags.extract_if(.., |(_, tag)| is_implied(tag)) {
        notes.other(already(&place, &everywhere.0));
    }
    let mut somewhere = tags
        .iter_mut()
        .filter(|(_, tag)| is_same(tag) && tag.when.is_some())
        .peekable();
    let Some((place, _)) = somewhere.peek() else {
        return Ok(());
    };
    let expected = format!("a key that is not already required ({})", everywhere.0);
    let error = place.expected(&expected, &everywhere.1.key.as_str().into());
    let parted = somewhere.find_map(|tag| Some((tag.1.when.as_ref().and_then(elsewhere)?, tag)));
    let (when, tag) = parted.ok_or(error)?;
    tag.1.allowed_values = both(everywhere, tag)?;
    let unconditional = |tag: &&mut Tag| is_same(&tag.1) && tag.1.when.is_none();
    for (_, tag) in tags.iter_mut().filter(unconditional) {
        tag.when = Some(when.clone());
    }
    Ok(())
}

fn already(place: &Place, earlier: &Place) -> String {
    place.note(&format!(
        "is already required ({earlier}), so it is one tag"
    ))
}

/// Whether one rule allows only values that the other allows, too.
fn implies(one: &RequiredTag, other: &RequiredTag) -> bool {
    match (&one.allowed_values, &other.allowed_values) {
        (Some(values), Some(others)) => values.iter().all(|it| others.contains(it)),
        (_, others) => others.is_none(),
    }
}

/// The negated condition. A condition within `not` has no `not` itself.
fn elsewhere(condition: &Condition) -> Option<Condition> {
    let not = |denied: &Condition| Condition {
        not: Some(Box::new(denied.clone())),
        ..Condition::default()
    };
    match &condition.not {
        None => Some(not(condition)),
        Some(denied) => (*condition == not(denied)).then(|| (**denied).clone()),
    }
}

/// The values that both rules allow. None if both allow any.
fn both(one: &Tag, other: &Tag) -> Result<Option<Vec<String>>, ImportError> {
    let (Some(values), Some(others)) = (&one.1.allowed_values, &other.1.allowed_values) else {
        let values = one.1.allowed_values.as_ref();
        return Ok(values.or(other.1.allowed_values.as_ref()).cloned());
    };
    let allowed: Vec<_> = values.iter().filter(|it| others.contains(it)).collect();
    if allowed.is_empty() {
        let expected = format!(
            "a value that is already allowed ({}: {})",
            one.0,
            quoted(values)
        );
        return Err(other.0.expected(&expected, &others.as_slice().into()));
    }
    Ok(Some(allowed.into_iter().cloned().collect()))
}

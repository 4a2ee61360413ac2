//! The variable `TAG_POLICY`, damaged in each of its encodings.

use std::io::Write as _;

use base64::prelude::{BASE64_STANDARD, Engine as _};
use flate2::Compression;
use flate2::write::GzEncoder;
use proptest::prelude::*;
use proptest::test_runner::TestCaseResult;
use tag_compliance_core::policy::{PolicyError, TagPolicy};
use tag_compliance_core::testing::{every_part, instance, subject};

use crate::mutation::{damaged, restructured};
use crate::support::{cases, hostile_tags, is_plain};

/// The most bytes of the text of one error. What is wrong is shown shortened, the key of its rule too.
const MAX_ERROR_BYTES: usize = 4_000;

/// Reads a policy by itself and as a variable: both know the same policies, and errors are for people.
fn check_text(text: &str) -> Result<Option<TagPolicy>, TestCaseError> {
    let read = TagPolicy::from_json(text);
    prop_assert_eq!(&read, &TagPolicy::from_json(text));
    match &read {
        Ok(policy) => prop_assert_eq!(policy.fingerprint().len(), 64),
        Err(errors) => {
            prop_assert!(!errors.0.is_empty());
            for error in &errors.0 {
                check_place(text, error)?;
                let error = error.to_string();
                prop_assert!(
                    error.len() <= MAX_ERROR_BYTES,
                    "{} bytes: {:.200}",
                    error.len(),
                    error
                );
                prop_assert!(error.chars().all(is_plain), "{:?}", error);
            }
        }
    }
    if text.trim().starts_with('{') {
        prop_assert_eq!(
            TagPolicy::from_variable(text),
            TagPolicy::from_json(text.trim())
        );
    }
    Ok(read.ok())
}

/// An error of a text is at a character of it, or at its end.
fn check_place(text: &str, error: &PolicyError) -> TestCaseResult {
    let at = error.at();
    let line = at.and_then(|at| text.split('\n').nth(at.line.checked_sub(1)?));
    let width = line.map(|line| line.chars().count());
    let column = at.map_or(0, |at| at.column);
    prop_assert!(
        width.is_some_and(|width| (1..=width + 1).contains(&column)),
        "{:?} of {}",
        at,
        text
    );
    Ok(())
}

fn gzipped(text: &str) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(text.as_bytes()).unwrap();
    encoder.finish().unwrap()
}

/// What is damaged is refused or harmless: the checksum tells. It never becomes another policy.
fn check_compressed(text: &str) -> Result<bool, TestCaseError> {
    let intact = TagPolicy::from_json(&every_part()).unwrap();
    match TagPolicy::from_variable(text) {
        Ok(policy) => {
            prop_assert_eq!(&policy, &intact);
            Ok(true)
        }
        Err(error) => {
            let error = error.to_string();
            prop_assert!(error.starts_with("expected "), "{}", error);
            prop_assert!(
                error.len() <= 2_000 && error.chars().all(is_plain),
                "{:?}",
                error
            );
            Ok(false)
        }
    }
}

proptest! {
    #![proptest_config(cases(300))]

    #[test]
    fn damaged_bytes_of_a_policy_are_read_or_refused(
        bytes in damaged(vec![every_part().into_bytes()]),
        tags in hostile_tags(),
    ) {
        if let Some(policy) = check_text(&String::from_utf8_lossy(&bytes))? {
            let instance = instance(tags);
            let subject = subject(&instance);
            prop_assert_eq!(policy.evaluate(&subject), policy.evaluate(&subject));
        }
    }

    #[test]
    fn a_damaged_structure_of_a_policy_is_read_or_refused(
        text in restructured(vec![serde_json::from_str(&every_part()).unwrap()]),
    ) {
        check_text(&text)?;
    }

    #[test]
    fn a_damaged_archive_is_refused(bytes in damaged(vec![gzipped(&every_part())])) {
        check_compressed(&BASE64_STANDARD.encode(bytes))?;
    }

    #[test]
    fn damaged_base64_is_refused(
        bytes in damaged(vec![BASE64_STANDARD.encode(gzipped(&every_part())).into_bytes()]),
    ) {
        let text = String::from_utf8_lossy(&bytes);
        if !text.trim().is_empty() && !text.trim().starts_with('{') {
            check_compressed(&text)?;
        }
    }
}

#[test]
fn an_archive_that_is_intact_is_read() {
    assert!(check_compressed(&BASE64_STANDARD.encode(gzipped(&every_part()))).unwrap());
}

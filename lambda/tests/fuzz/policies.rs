//! The variable `TAG_POLICY`, damaged in every form that it may have.

use std::io::Write as _;

use base64::prelude::{BASE64_STANDARD, Engine as _};
use flate2::Compression;
use flate2::write::GzEncoder;
use proptest::prelude::*;
use tag_compliance_checker::config::{Config, ConfigError};
use tag_compliance_checker::policy::TagPolicy;

use crate::mutation::{damaged, restructured};
use crate::support::{EVERY_PART, cases, hostile_tags, instance, is_plain, subject};

/// The most bytes of the text of one error. What is wrong is shown shortened, the key of its rule too.
const MAX_ERROR_BYTES: usize = 4_000;

pub fn config_with(tag_policy: &str) -> Result<Config, ConfigError> {
    Config::from_lookup(|name| {
        let value = match name {
            "AWS_REGION" => "us-east-1",
            "LOG_BUCKET_OWNER" => "123456789012",
            "ALERT_TOPIC_ARN" => "arn:aws:sns:us-east-1:123456789012:alerts",
            "WATCHED_STATES" => "running",
            "TAG_POLICY" => tag_policy,
            "SETTLE_SECONDS" => "60",
            "SWEEP_DIGEST" => "violations",
            _ => "some-name",
        };
        Some(value.to_owned())
    })
}

/// Reads a policy by itself and as a variable: both know the same policies, and errors are for people.
fn check_text(text: &str) -> Result<Option<TagPolicy>, TestCaseError> {
    let read = TagPolicy::from_json(text);
    prop_assert_eq!(&read, &TagPolicy::from_json(text));
    match &read {
        Ok(policy) => prop_assert_eq!(policy.fingerprint().len(), 64),
        Err(errors) => {
            prop_assert!(!errors.0.is_empty());
            for error in &errors.0 {
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
        check_variable(text, read.as_ref().ok())?;
    }
    Ok(read.ok())
}

fn check_variable(text: &str, expected: Option<&TagPolicy>) -> Result<(), TestCaseError> {
    match config_with(text) {
        Ok(config) => prop_assert_eq!(Some(&config.policy), expected),
        Err(ConfigError(errors)) => {
            prop_assert_eq!(expected, None, "{:?}", errors);
            prop_assert_eq!(errors.len(), 1);
            prop_assert_eq!(errors[0].variable, "TAG_POLICY");
        }
    }
    Ok(())
}

fn gzipped(text: &str) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(text.as_bytes()).unwrap();
    encoder.finish().unwrap()
}

/// What is damaged is refused or harmless: the checksum tells. It never becomes another policy.
fn check_compressed(text: &str) -> Result<bool, TestCaseError> {
    let intact = TagPolicy::from_json(EVERY_PART).unwrap();
    match config_with(text) {
        Ok(config) => {
            prop_assert_eq!(&config.policy, &intact);
            Ok(true)
        }
        Err(error) => {
            let error = error.to_string();
            prop_assert!(
                error.starts_with("invalid configuration: TAG_POLICY: expected "),
                "{}",
                error
            );
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
        bytes in damaged(vec![EVERY_PART.as_bytes().to_vec()]),
        tags in hostile_tags(),
    ) {
        if let Some(policy) = check_text(&String::from_utf8_lossy(&bytes))? {
            let instance = instance(tags);
            let subject = subject(&instance);
            prop_assert_eq!(policy.judge(&subject), policy.judge(&subject));
        }
    }

    #[test]
    fn a_damaged_structure_of_a_policy_is_read_or_refused(
        text in restructured(vec![serde_json::from_str(EVERY_PART).unwrap()]),
    ) {
        check_text(&text)?;
    }

    #[test]
    fn a_damaged_archive_is_refused(bytes in damaged(vec![gzipped(EVERY_PART)])) {
        check_compressed(&BASE64_STANDARD.encode(bytes))?;
    }

    #[test]
    fn damaged_base64_is_refused(
        bytes in damaged(vec![BASE64_STANDARD.encode(gzipped(EVERY_PART)).into_bytes()]),
    ) {
        let text = String::from_utf8_lossy(&bytes);
        if !text.trim().is_empty() && !text.trim().starts_with('{') {
            check_compressed(&text)?;
        }
    }
}

#[test]
fn an_archive_that_is_intact_is_read() {
    assert!(check_compressed(&BASE64_STANDARD.encode(gzipped(EVERY_PART))).unwrap());
}

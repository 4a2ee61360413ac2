//! The function's configuration: environment variables, read once at start.

use std::fmt;
use std::io::Read as _;
use std::time::Duration;

use base64::prelude::{BASE64_STANDARD, Engine as _};
use flate2::read::GzDecoder;

use crate::aws::sqs::MAX_DELAY;
use crate::instance::{InstanceState, is_account_id};
use crate::policy::TagPolicy;
use crate::text::excerpt;

/// What the environment says, checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Config {
    /// `AWS_REGION`, which Lambda sets: where the instances are.
    pub region: String,
    /// `LOG_BUCKET_NAME`: the bucket of the audit log.
    pub log_bucket: String,
    /// `LOG_BUCKET_OWNER`: the account that must own it, so that nobody else's bucket is written.
    pub log_bucket_owner: String,
    /// `ALERT_TOPIC_ARN`: where alerts go.
    pub alert_topic_arn: String,
    /// `METRIC_NAMESPACE`: the namespace of both metrics.
    pub metric_namespace: String,
    /// `WATCHED_STATES`, separated by commas: which instances a scheduled sweep checks.
    pub watched_states: Vec<InstanceState>,
    /// `TAG_POLICY`: the policy, as JSON or as gzipped JSON in base64.
    pub policy: TagPolicy,
    /// `SETTLE_SECONDS` and `DELAY_QUEUE_URL`: how long a new instance has to be tagged; none
    /// where that is 0.
    pub settling: Option<Settling>,
    /// `SWEEP_DIGEST`: when a sweep sends its digest.
    pub sweep_digest: SweepDigestMode,
}

/// How long a violation of a new instance is kept back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settling {
    /// How long after its launch an instance may still be tagged, at most 15 minutes.
    pub period: Duration,
    /// The queue whose messages bring the instance back.
    pub delay_queue_url: String,
}

/// When a sweep sends its digest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SweepDigestMode {
    /// Where it found violations or expired exemptions (`violations`).
    Violations,
    /// Always (`always`).
    Always,
}

/// An environment variable is not what it must be.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{variable}: {problem}")]
pub struct VariableError {
    /// Its name.
    pub variable: &'static str,
    /// What is wrong, and what was expected.
    pub problem: String,
}

/// Everything that is wrong with the environment. Final: the function can't start.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub struct ConfigError(pub Vec<VariableError>);

impl fmt::Display for ConfigError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let errors: Vec<_> = self.0.iter().map(ToString::to_string).collect();
        write!(formatter, "invalid configuration: {}", errors.join("; "))
    }
}

impl Config {
    /// Reads the variables that `lookup` finds.
    ///
    /// # Errors
    /// Every variable that is absent or wrong, at once.
    pub fn from_lookup(lookup: impl Fn(&str) -> Option<String>) -> Result<Self, ConfigError> {
        let mut environment = Environment {
            lookup,
            errors: Vec::new(),
        };
        let region = environment.text("AWS_REGION");
        let log_bucket = environment.text("LOG_BUCKET_NAME");
        let log_bucket_owner = environment.read("LOG_BUCKET_OWNER", account_id);
        let alert_topic_arn = environment.read("ALERT_TOPIC_ARN", topic_arn);
        let metric_namespace = environment.read("METRIC_NAMESPACE", metric_namespace);
        let watched_states = environment.read("WATCHED_STATES", watched_states);
        let policy = environment.read("TAG_POLICY", tag_policy);
        let settle_period = environment.read("SETTLE_SECONDS", settle_period);
        let settling = settle_period.map(|period| {
            if period.is_zero() {
                return Some(None);
            }
            let delay_queue_url = environment.text("DELAY_QUEUE_URL")?;
            Some(Some(Settling {
                period,
                delay_queue_url,
            }))
        });
        let sweep_digest = environment.read("SWEEP_DIGEST", sweep_digest);
        match (
            region,
            log_bucket,
            log_bucket_owner,
            alert_topic_arn,
            metric_namespace,
            watched_states,
            policy,
            settling.flatten(),
            sweep_digest,
        ) {
            (
                Some(region),
                Some(log_bucket),
                Some(log_bucket_owner),
                Some(alert_topic_arn),
                Some(metric_namespace),
                Some(watched_states),
                Some(policy),
                Some(settling),
                Some(sweep_digest),
            ) => Ok(Self {
                region,
                log_bucket,
                log_bucket_owner,
                alert_topic_arn,
                metric_namespace,
                watched_states,
                policy,
                settling,
                sweep_digest,
            }),
            _ => Err(ConfigError(environment.errors)),
        }
    }
}

struct Environment<Lookup> {
    lookup: Lookup,
    errors: Vec<VariableError>,
}

impl<Lookup: Fn(&str) -> Option<String>> Environment<Lookup> {
    fn text(&mut self, variable: &'static str) -> Option<String> {
        self.read(variable, |text| Ok(text.to_owned()))
    }

    fn read<T>(
        &mut self,
        variable: &'static str,
        parse: impl FnOnce(&str) -> Result<T, String>,
    ) -> Option<T> {
        let result = match (self.lookup)(variable) {
            Some(text) if !text.trim().is_empty() => parse(&text),
            Some(_) => Err("expected a value, got a blank one".to_owned()),
            None => Err("expected a value, but it is not set".to_owned()),
        };
        result
            .map_err(|problem| self.errors.push(VariableError { variable, problem }))
            .ok()
    }
}

fn account_id(text: &str) -> Result<String, String> {
    if is_account_id(text) {
        Ok(text.to_owned())
    } else {
        Err(format!(
            "expected an AWS account id of 12 digits, got {text:?}"
        ))
    }
}

fn topic_arn(text: &str) -> Result<String, String> {
    let parts: Vec<&str> = text.split(':').collect();
    match parts.as_slice() {
        ["arn", _, "sns", _, _, name] if !name.is_empty() => Ok(text.to_owned()),
        _ => Err(format!("expected the ARN of an SNS topic, got {text:?}")),
    }
}

/// The rules of `MetricDatum`'s namespace: 1 to 255 characters, and `AWS/` is Amazon's own.
fn metric_namespace(text: &str) -> Result<String, String> {
    if text.len() <= 255 && !text.starts_with("AWS/") && !text.starts_with(':') {
        Ok(text.to_owned())
    } else {
        Err(format!(
            "expected a CloudWatch namespace of 1 to 255 characters that starts with neither \
             \"AWS/\" nor a colon, got {text:?}"
        ))
    }
}

fn watched_states(text: &str) -> Result<Vec<InstanceState>, String> {
    text.split(',')
        .map(|state| {
            state
                .trim()
                .parse::<InstanceState>()
                .ok()
                .filter(|state| !state.is_ending())
                .ok_or_else(|| {
                    format!(
                        "expected pending, running, stopping or stopped, separated by commas, \
                         got {state:?}"
                    )
                })
        })
        .collect()
}

/// The most bytes of a policy's JSON: far more than fits into Lambda's environment, compressed.
const MAX_POLICY_BYTES: u64 = 1 << 20;

fn tag_policy(text: &str) -> Result<TagPolicy, String> {
    let decompressed = |compressed: &str| {
        let compressed = BASE64_STANDARD.decode(compressed).ok()?;
        let mut json = String::new();
        let mut decoder = GzDecoder::new(compressed.as_slice()).take(MAX_POLICY_BYTES);
        decoder.read_to_string(&mut json).ok().map(|_| json)
    };
    let text = text.trim();
    let json = if text.starts_with('{') {
        text.to_owned()
    } else {
        let expected = "expected the JSON of a tag policy, or that gzipped in base64";
        decompressed(text).ok_or_else(|| format!("{expected}, got {:?}", excerpt(text, 100)))?
    };
    TagPolicy::from_json(&json).map_err(|error| error.to_string())
}

fn settle_period(text: &str) -> Result<Duration, String> {
    let period = text.trim().parse().map(Duration::from_secs);
    period
        .ok()
        .filter(|period| *period <= MAX_DELAY)
        .ok_or_else(|| {
            let limit = MAX_DELAY.as_secs();
            format!("expected 0 to {limit} seconds, got {text:?}")
        })
}

fn sweep_digest(text: &str) -> Result<SweepDigestMode, String> {
    match text {
        "violations" => Ok(SweepDigestMode::Violations),
        "always" => Ok(SweepDigestMode::Always),
        _ => Err(format!("expected violations or always, got {text:?}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &[(&str, &str)] = &[
        ("AWS_REGION", "us-east-1"),
        ("LOG_BUCKET_NAME", "compliance-logs-test"),
        ("LOG_BUCKET_OWNER", "123456789012"),
        (
            "ALERT_TOPIC_ARN",
            "arn:aws:sns:us-east-1:123456789012:compliance-alerts-test",
        ),
        ("METRIC_NAMESPACE", "TagCompliance"),
        ("WATCHED_STATES", "running, stopped"),
        ("TAG_POLICY", r#"{"required_tags":[{"key":"Owner"}]}"#),
        ("SETTLE_SECONDS", "60"),
        (
            "DELAY_QUEUE_URL",
            "https://sqs.us-east-1.amazonaws.com/123456789012/tag-compliance-delay-test",
        ),
        ("SWEEP_DIGEST", "violations"),
    ];

    fn config_with(variable: &str, value: Option<&str>) -> Result<Config, ConfigError> {
        Config::from_lookup(|name| {
            if name == variable {
                return value.map(str::to_owned);
            }
            config_value(name)
        })
    }

    fn config_value(name: &str) -> Option<String> {
        let found = GOOD.iter().find(|(good, _)| *good == name);
        found.map(|(_, value)| (*value).to_owned())
    }

    #[test]
    fn a_good_environment_is_read() {
        let config = config_with("UNRELATED", None).unwrap();
        assert_eq!(config.region, "us-east-1");
        assert_eq!(config.log_bucket, "compliance-logs-test");
        assert_eq!(config.log_bucket_owner, "123456789012");
        assert!(config.alert_topic_arn.ends_with(":compliance-alerts-test"));
        assert_eq!(config.metric_namespace, "TagCompliance");
        assert_eq!(
            config.watched_states,
            [InstanceState::Running, InstanceState::Stopped]
        );
        assert_eq!(config.policy.rules()[0].key.text, "Owner");
        let settling = config.settling.unwrap();
        assert_eq!(settling.period, Duration::from_mins(1));
        assert!(
            settling
                .delay_queue_url
                .ends_with("/tag-compliance-delay-test")
        );
        assert_eq!(config.sweep_digest, SweepDigestMode::Violations);
    }

    #[test]
    fn a_digest_can_always_be_asked_for() {
        let config = config_with("SWEEP_DIGEST", Some("always")).unwrap();
        assert_eq!(config.sweep_digest, SweepDigestMode::Always);
    }

    #[test]
    fn without_a_time_to_settle_there_is_no_queue() {
        let lookup = |name: &str| match name {
            "SETTLE_SECONDS" => Some("0".to_owned()),
            "DELAY_QUEUE_URL" => None,
            _ => config_value(name),
        };
        assert_eq!(Config::from_lookup(lookup).unwrap().settling, None);
    }

    #[test]
    fn a_policy_may_be_compressed() {
        // From Terraform's base64gzip of {"required_tags":[{"key":"Team"}]}.
        let compressed = "H4sIAAAAAAACA6tWKkotLM0sSk2JL0lML1ayiq5Wyk6tVLJSCklNzFWqja0FALIu+TEiAAAA";
        let config = config_with("TAG_POLICY", Some(compressed)).unwrap();
        assert_eq!(config.policy.rules()[0].key.text, "Team");
    }

    #[test]
    fn every_variable_is_needed() {
        for (variable, _) in GOOD {
            for value in [None, Some(""), Some("  ")] {
                let ConfigError(errors) = config_with(variable, value).unwrap_err();
                let named: Vec<_> = errors.iter().map(|error| error.variable).collect();
                assert_eq!(named, [*variable], "{value:?}");
            }
        }
    }

    #[test]
    fn a_wrong_value_is_shown_with_what_was_expected() {
        for (variable, value, expected) in [
            ("LOG_BUCKET_OWNER", "12345678901", "an AWS account id"),
            ("LOG_BUCKET_OWNER", "12345678901x", "an AWS account id"),
            (
                "ALERT_TOPIC_ARN",
                "compliance-alerts",
                "the ARN of an SNS topic",
            ),
            (
                "ALERT_TOPIC_ARN",
                "arn:aws:sns:us-east-1:123456789012:",
                "the ARN of an SNS topic",
            ),
            (
                "ALERT_TOPIC_ARN",
                "arn:aws:sqs:us-east-1:123456789012:q",
                "the ARN of an SNS topic",
            ),
            ("METRIC_NAMESPACE", "AWS/EC2", "a CloudWatch namespace"),
            ("METRIC_NAMESPACE", ":x", "a CloudWatch namespace"),
            (
                "WATCHED_STATES",
                "running,terminated",
                "pending, running, stopping or stopped",
            ),
            (
                "WATCHED_STATES",
                "running,",
                "pending, running, stopping or stopped",
            ),
            ("TAG_POLICY", "{}", "required_tags"),
            (
                "TAG_POLICY",
                r#"{"required_tags":[]}"#,
                "expected 1 to 50 tags",
            ),
            ("TAG_POLICY", "Owner", "gzipped in base64, got \"Owner\""),
            ("TAG_POLICY", "T3duZXI=", "gzipped in base64"),
            (
                "SETTLE_SECONDS",
                "901",
                "expected 0 to 900 seconds, got \"901\"",
            ),
            ("SETTLE_SECONDS", "-1", "expected 0 to 900 seconds"),
            ("SETTLE_SECONDS", "1.5", "expected 0 to 900 seconds"),
            (
                "SWEEP_DIGEST",
                "never",
                "expected violations or always, got \"never\"",
            ),
        ] {
            let error = config_with(variable, Some(value)).unwrap_err().to_string();
            assert!(
                error.contains(variable) && error.contains(expected),
                "{error}"
            );
        }
        assert!(config_with("METRIC_NAMESPACE", Some(&"n".repeat(255))).is_ok());
        assert!(config_with("METRIC_NAMESPACE", Some(&"n".repeat(256))).is_err());
    }

    #[test]
    fn all_that_is_wrong_is_said_at_once() {
        let error = Config::from_lookup(|_| None).unwrap_err();
        // Whether there must be a queue is known only from the time to settle.
        assert_eq!(error.0.len(), GOOD.len() - 1);
        let text = error.to_string();
        assert!(
            text.starts_with("invalid configuration: AWS_REGION: "),
            "{text}"
        );
        assert!(
            text.contains("; TAG_POLICY: expected a value, but it is not set"),
            "{text}"
        );
    }
}

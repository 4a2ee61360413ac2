//! The function's configuration: environment variables, read once at start.

use std::fmt;

use crate::instance::InstanceState;
use crate::policy::TagPolicy;

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
    /// `TAG_POLICY`: the tags that every instance must have, as JSON.
    pub policy: TagPolicy,
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
        let policy = environment.read("TAG_POLICY", |text| {
            TagPolicy::from_json(text).map_err(|error| error.to_string())
        });
        match (
            region,
            log_bucket,
            log_bucket_owner,
            alert_topic_arn,
            metric_namespace,
            watched_states,
            policy,
        ) {
            (
                Some(region),
                Some(log_bucket),
                Some(log_bucket_owner),
                Some(alert_topic_arn),
                Some(metric_namespace),
                Some(watched_states),
                Some(policy),
            ) => Ok(Self {
                region,
                log_bucket,
                log_bucket_owner,
                alert_topic_arn,
                metric_namespace,
                watched_states,
                policy,
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
    if text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit()) {
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
        ("TAG_POLICY", r#"{"requiredTags":[{"key":"Owner"}]}"#),
    ];

    fn config_with(variable: &str, value: Option<&str>) -> Result<Config, ConfigError> {
        Config::from_lookup(|name| {
            if name == variable {
                return value.map(str::to_owned);
            }
            let found = GOOD.iter().find(|(good, _)| *good == name);
            found.map(|(_, value)| (*value).to_owned())
        })
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
        assert_eq!(config.policy.required_keys().collect::<Vec<_>>(), ["Owner"]);
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
            ("TAG_POLICY", "{}", "requiredTags"),
            (
                "TAG_POLICY",
                r#"{"requiredTags":[]}"#,
                "expected 1 to 50 tags",
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
        assert_eq!(error.0.len(), GOOD.len());
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

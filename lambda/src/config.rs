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
    /// `SETTLE_SECONDS`: how long after its launch an instance may still be tagged, at most 15
    /// minutes; 0 judges at once.
    pub settle_period: Duration,
    /// `DELAY_QUEUE_URL`: the queue whose messages bring work back to the function.
    pub delay_queue_url: String,
    /// `SWEEP_DIGEST`: when a sweep sends its digest.
    pub sweep_digest: SweepDigestMode,
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
        let delay_queue_url = environment.text("DELAY_QUEUE_URL");
        let sweep_digest = environment.read("SWEEP_DIGEST", sweep_digest);
        match (
            region,
            log_bucket,
            log_bucket_owner,
            alert_topic_arn,
            metric_namespace,
            watched_states,
            policy,
            settle_period,
            delay_queue_url,
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
                Some(settle_period),
                Some(delay_queue_url),
                Some(sweep_digest),
            ) => Ok(Self {
                region,
                log_bucket,
                log_bucket_owner,
                alert_topic_arn,
                metric_namespace,
                watched_states,
                policy,
                settle_period,
                delay_queue_url,
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
    let text = text.trim();
    let json = if text.starts_with('{') {
        text.to_owned()
    } else {
        unzipped(text)?
    };
    TagPolicy::from_json(&json).map_err(|error| error.to_string())
}

fn unzipped(text: &str) -> Result<String, String> {
    let refused = || {
        let expected = "expected the JSON of a tag policy, or that gzipped in base64";
        format!("{expected}, got {:?}", excerpt(text, 100))
    };
    let archive = BASE64_STANDARD.decode(text).map_err(|_| refused())?;
    let mut json = Vec::new();
    GzDecoder::new(archive.as_slice())
        .take(MAX_POLICY_BYTES + 1)
        .read_to_end(&mut json)
        .map_err(|_| refused())?;
    if json.len() as u64 > MAX_POLICY_BYTES {
        let expected = format!("expected at most {MAX_POLICY_BYTES} bytes of JSON");
        return Err(format!("{expected}, got more when unzipped"));
    }
    String::from_utf8(json).map_err(|_| refused())
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
mod tests;

//! The function's configuration: environment variables, read once at start.

use std::fmt;
use std::time::Duration;

use tag_compliance_aws::sqs::MAX_DELAY;
use tag_compliance_core::expected::Expected;
use tag_compliance_core::grace::GracePeriod;
use tag_compliance_core::instance::{AccountId, InstanceState, LiveState};
use tag_compliance_core::notification::AlertTags;
use tag_compliance_core::owners::Owners;
use tag_compliance_core::policy::TagPolicy;
use tag_compliance_core::record::Layout;

/// The validated configuration from environment variables.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Config {
    /// `AWS_REGION`, which Lambda sets: where the instances are.
    pub region: String,
    /// `LOG_BUCKET_NAME`: the bucket of the audit log.
    pub log_bucket: String,
    /// `LOG_BUCKET_OWNER`: the account that must own the bucket, so that records go to nobody else's.
    pub log_bucket_owner: AccountId,
    /// `ENVIRONMENT_SUFFIX`: which environment events are of.
    pub environment_suffix: String,
    /// `VIOLATION_EVENTS`: whether the account's event bus is told.
    pub violation_events: bool,
    /// `OWNERS`: the owners and patterns of owners that have receivers of their own; none by default.
    pub owners: Owners,
    /// `ESCALATE_AFTER_DAYS`: after how many days an open violation is escalated; never by default.
    pub escalate_after: Option<Duration>,
    /// `AUDIT_RECORDS`: which records of an SQS batch share an object; none by default.
    pub audit_records: Layout,
    /// `ALERT_TOPIC_ARN`: where alerts go.
    pub alert_topic_arn: String,
    /// `METRIC_NAMESPACE`: the namespace of all metrics.
    pub metric_namespace: String,
    /// `METRICS`: how checks count their evaluations; by calls by default.
    pub metrics: Metrics,
    /// `WATCHED_STATES`, separated by commas: the states of instances that a scheduled sweep evaluates.
    pub watched_states: Vec<InstanceState>,
    /// `TAG_POLICY`: the policy, as JSON or as gzipped JSON in base64.
    pub policy: TagPolicy,
    /// `SETTLE_SECONDS`: the grace period of a new instance, at most 15 minutes. 0 means none.
    pub grace_period: GracePeriod,
    /// `DELAY_QUEUE_URL`: the queue for delayed messages to the function.
    pub delay_queue_url: String,
    /// `SWEEP_DIGEST`: when a sweep sends its digest.
    pub sweep_digest: SweepDigestMode,
    /// `ALERT_TAGS`: which of an instance's tags an alert shows; all by default.
    pub alert_tags: AlertTags,
    /// `STATE_TABLE`: the table that remembers violations.
    pub state_table: String,
    /// `ALERT_GROUP_INTERVAL_SECONDS`: how long a group that was told something waits for its next message.
    pub group_interval: Duration,
    /// `ALERT_REPEAT_INTERVAL_HOURS`: after how long a check alerts of an open violation again, or `never`.
    pub repeat_interval: RepeatInterval,
    /// `RESOLVED_NOTICES`: whether people are told that a violation is resolved.
    pub resolved_notices: bool,
    /// `REMINDER_DAYS`, separated by commas and ascending: after how many days a digest counts an open violation as
    /// overdue, or `none`.
    pub reminder_days: Vec<u32>,
}

/// After how long people are told of an open violation again. None for never.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RepeatInterval(pub Option<Duration>);

/// How checks count their evaluations; sweeps always call `PutMetricData`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Metrics {
    /// By `PutMetricData` (`api`).
    #[default]
    Api,
    /// By a log line that metric filters read (`logs`).
    Logs,
}

/// When a sweep sends its digest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SweepDigestMode {
    /// If it found violations or expired exemptions (`violations`).
    Violations,
    /// Always (`always`).
    Always,
}

/// An environment variable is invalid.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{variable}: {problem}")]
pub struct VariableError {
    /// Its name.
    pub variable: &'static str,
    /// What is wrong, and what was expected.
    pub problem: String,
}

/// Everything that is wrong with the environment. The function can't start.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub struct ConfigError(pub Vec<VariableError>);

impl fmt::Display for ConfigError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let errors: Vec<_> = self.0.iter().map(ToString::to_string).collect();
        write!(formatter, "invalid configuration: {}", errors.join("; "))
    }
}

/// Builds the configuration from its fields. All of them are read, even after an invalid one, so that all errors are
/// reported.
macro_rules! config_of {
    ($environment:ident, $($field:ident: $read:expr),* $(,)?) => {{
        $(let $field = $read;)*
        match ($($field,)*) {
            ($(Some($field),)*) => Ok(Config { $($field),* }),
            _ => Err(ConfigError($environment.errors)),
        }
    }};
}

impl Config {
    /// Reads the variables with `lookup`.
    ///
    /// # Errors
    /// All absent or invalid variables.
    pub fn from_lookup(lookup: impl Fn(&str) -> Option<String>) -> Result<Self, ConfigError> {
        let mut environment = Environment {
            lookup,
            errors: Vec::new(),
        };
        config_of!(
            environment,
            region: environment.text("AWS_REGION"),
            log_bucket: environment.text("LOG_BUCKET_NAME"),
            log_bucket_owner: environment.parsed("LOG_BUCKET_OWNER"),
            environment_suffix: environment.text("ENVIRONMENT_SUFFIX"),
            violation_events: environment.read("VIOLATION_EVENTS", flag),
            owners: environment.optional("OWNERS", owners),
            escalate_after: environment.optional("ESCALATE_AFTER_DAYS", escalate_after),
            audit_records: environment.optional("AUDIT_RECORDS", audit_records),
            alert_topic_arn: environment.read("ALERT_TOPIC_ARN", topic_arn),
            metric_namespace: environment.read("METRIC_NAMESPACE", metric_namespace),
            metrics: environment.optional("METRICS", metrics),
            watched_states: environment.read("WATCHED_STATES", watched_states),
            policy: environment.read("TAG_POLICY", tag_policy),
            grace_period: environment
                .read("SETTLE_SECONDS", delay)
                .zip(watched_states.as_deref())
                .map(|(length, states)| GracePeriod::new(length, states)),
            delay_queue_url: environment.text("DELAY_QUEUE_URL"),
            sweep_digest: environment.read("SWEEP_DIGEST", sweep_digest),
            alert_tags: environment.optional("ALERT_TAGS", alert_tags),
            state_table: environment.text("STATE_TABLE"),
            group_interval: environment.read("ALERT_GROUP_INTERVAL_SECONDS", delay),
            repeat_interval: environment.read("ALERT_REPEAT_INTERVAL_HOURS", repeat_interval),
            resolved_notices: environment.read("RESOLVED_NOTICES", flag),
            reminder_days: environment.read("REMINDER_DAYS", reminder_days),
        )
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

    fn parsed<T: Expected>(&mut self, variable: &'static str) -> Option<T> {
        self.read(variable, |text| {
            let expected = |_| format!("expected {}, got {text:?}", T::EXPECTED);
            text.parse().map_err(expected)
        })
    }

    /// The variable's value, or the default if it isn't set.
    fn optional<T: Default>(
        &mut self,
        variable: &'static str,
        parse: impl FnOnce(&str) -> Result<T, String>,
    ) -> Option<T> {
        match (self.lookup)(variable) {
            None => Some(T::default()),
            Some(_) => self.read(variable, parse),
        }
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

fn audit_records(text: &str) -> Result<Layout, String> {
    match text {
        "each" => Ok(Layout::Each),
        "batch" => Ok(Layout::Batch),
        _ => Err(format!("expected each or batch, got {text:?}")),
    }
}

fn topic_arn(text: &str) -> Result<String, String> {
    let parts: Vec<&str> = text.split(':').collect();
    match parts.as_slice() {
        ["arn", _, "sns", _, _, name] if !name.is_empty() => Ok(text.to_owned()),
        _ => Err(format!("expected the ARN of an SNS topic, got {text:?}")),
    }
}

/// The rules for `MetricDatum`'s namespace: 1 to 255 characters, and `AWS/` is reserved.
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

fn metrics(text: &str) -> Result<Metrics, String> {
    match text {
        "api" => Ok(Metrics::Api),
        "logs" => Ok(Metrics::Logs),
        _ => Err(format!("expected api or logs, got {text:?}")),
    }
}

fn watched_states(text: &str) -> Result<Vec<InstanceState>, String> {
    let state = |text: &str| {
        let state: Result<LiveState, _> = text.trim().parse();
        let expected = LiveState::EXPECTED;
        state
            .map(InstanceState::from)
            .map_err(|_| format!("expected {expected}, separated by commas, got {text:?}"))
    };
    text.split(',').map(state).collect()
}

fn tag_policy(text: &str) -> Result<TagPolicy, String> {
    TagPolicy::from_variable(text).map_err(|error| error.to_string())
}

/// At most as long as SQS can delay a message.
fn delay(text: &str) -> Result<Duration, String> {
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

/// At most a year, as Terraform checks.
const MAX_REPEAT_HOURS: u64 = 8_760;

fn repeat_interval(text: &str) -> Result<RepeatInterval, String> {
    if text == "never" {
        return Ok(RepeatInterval(None));
    }
    let hours = text.parse().ok().filter(|hours| *hours <= MAX_REPEAT_HOURS);
    let interval = hours.map(|hours| RepeatInterval(Some(Duration::from_hours(hours))));
    interval
        .ok_or_else(|| format!("expected 0 to {MAX_REPEAT_HOURS} hours, or never, got {text:?}"))
}

/// At most a year, as Terraform checks.
const MAX_REMINDER_DAYS: u32 = 365;

fn reminder_days(text: &str) -> Result<Vec<u32>, String> {
    if text == "none" {
        return Ok(Vec::new());
    }
    let days: Option<Vec<u32>> = text.split(',').map(|it| it.trim().parse().ok()).collect();
    let is_right = |days: &Vec<u32>| {
        days.is_sorted_by(|one, other| one < other)
            && days.iter().all(|it| (1..=MAX_REMINDER_DAYS).contains(it))
    };
    days.filter(is_right).ok_or_else(|| {
        format!(
            "expected ascending numbers of days from 1 to {MAX_REMINDER_DAYS}, separated by commas, or none, \
             got {text:?}"
        )
    })
}

fn owners(text: &str) -> Result<Owners, String> {
    Owners::from_variable(text).map_err(|error| error.to_string())
}

/// At most a year, as Terraform checks.
const MAX_ESCALATION_DAYS: u64 = 365;

fn escalate_after(text: &str) -> Result<Option<Duration>, String> {
    let days: Option<u64> = text.parse().ok();
    let days = days.filter(|days| (1..=MAX_ESCALATION_DAYS).contains(days));
    days.map(|days| Some(Duration::from_hours(24 * days)))
        .ok_or_else(|| format!("expected 1 to {MAX_ESCALATION_DAYS} days, got {text:?}"))
}

fn flag(text: &str) -> Result<bool, String> {
    text.parse()
        .map_err(|_| format!("expected true or false, got {text:?}"))
}

fn alert_tags(text: &str) -> Result<AlertTags, String> {
    match text {
        "all" => Ok(AlertTags::All),
        "policy" => Ok(AlertTags::Policy),
        _ => Err(format!("expected all or policy, got {text:?}")),
    }
}

#[cfg(test)]
mod tests;

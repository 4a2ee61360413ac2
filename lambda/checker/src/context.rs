//! The configuration, clients and clock that all invocations share.

use tag_compliance_aws::clients::Clients;
use tag_compliance_aws::state_table::Table;
use tag_compliance_core::decision::{AskedBy, Decision, decide};
use tag_compliance_core::evaluation::Evaluation;
use tag_compliance_core::instance::Instance;
use tag_compliance_core::memory::{Closed, Look, Rules};
use tag_compliance_core::notification::attributes::Attributes;
use tag_compliance_core::notification::events::Origin;
use tag_compliance_core::subject::Subject;
use tag_compliance_core::timestamp::Timestamp;

use crate::config::Config;

/// What all invocations of an execution environment share.
#[derive(Debug, Clone)]
pub struct Context {
    pub config: Config,
    pub clients: Clients,
    /// The clock.
    pub clock: fn() -> Timestamp,
    /// When this execution environment started. The youngest one has the newest configuration.
    pub started_at: Timestamp,
}

impl Context {
    /// An instance in this region, as the policy evaluates it.
    #[must_use]
    pub fn subject<'a>(&'a self, instance: &'a Instance, read_at: Timestamp) -> Subject<'a> {
        Subject {
            instance,
            region: &self.config.region,
            now: read_at,
        }
    }

    /// What follows from an evaluation.
    #[must_use]
    pub fn decide<'a>(
        &'a self,
        asked_by: AskedBy<'a>,
        subject: Subject<'a>,
        evaluation: &'a Evaluation<'a>,
    ) -> Decision<'a> {
        let Config {
            policy,
            grace_period,
            ..
        } = &self.config;
        decide(asked_by, subject, evaluation, policy, grace_period)
    }

    /// A look at an instance that no event named. `seen` is none if EC2 doesn't know the instance.
    #[must_use]
    pub fn look(&self, seen: Option<(&Subject<'_>, &Evaluation<'_>)>, record_key: String) -> Look {
        let Some((subject, evaluation)) = seen else {
            return Look::Fine(Closed::Gone);
        };
        if subject.instance.state.is_ending() {
            return Look::Ended;
        }
        let Config {
            policy,
            grace_period,
            ..
        } = &self.config;
        let is_provisional = grace_period.remaining(subject, evaluation).is_some();
        Look::evaluated(subject, evaluation, policy, record_key, is_provisional)
    }

    #[must_use]
    pub fn state_table(&self) -> Table<'_> {
        Table {
            client: &self.clients.dynamodb,
            name: &self.config.state_table,
            account: &self.config.log_bucket_owner,
            region: &self.config.region,
        }
    }

    /// Where this environment's events come from.
    #[must_use]
    pub fn origin(&self) -> Origin<'_> {
        Origin {
            environment: &self.config.environment_suffix,
            account: &self.config.log_bucket_owner,
            region: &self.config.region,
            log_bucket: &self.config.log_bucket,
            owners: &self.config.owners,
        }
    }

    /// The attributes of a message that is about no owner.
    #[must_use]
    pub fn attributes(&self) -> Attributes<'_> {
        Attributes {
            account: &self.config.log_bucket_owner,
            region: &self.config.region,
            owner: None,
            owner_pattern: None,
            severity: None,
            changes: Vec::new(),
        }
    }

    /// The rules for remembering and telling violations. Instances launched before `baseline_until` are the baseline.
    #[must_use]
    pub fn rules(&self, baseline_until: Option<Timestamp>) -> Rules {
        Rules {
            repeat_interval: self.config.repeat_interval.0,
            resolved_notices: self.config.resolved_notices,
            violation_events: self.config.violation_events,
            escalate_after: self.config.escalate_after,
            baseline_until,
        }
    }
}

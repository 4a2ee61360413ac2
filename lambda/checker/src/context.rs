//! What an invocation needs and the next one uses again.

use tag_compliance_aws::clients::Clients;
use tag_compliance_aws::state_table::Table;
use tag_compliance_core::decision::{AskedBy, Decision, decide};
use tag_compliance_core::evaluation::Evaluation;
use tag_compliance_core::instance::Instance;
use tag_compliance_core::memory::{Closed, Look, Rules};
use tag_compliance_core::subject::Subject;
use tag_compliance_core::timestamp::Timestamp;

use crate::config::Config;

/// What an invocation needs and the next one uses again.
#[derive(Debug, Clone)]
pub struct Context {
    /// The configuration.
    pub config: Config,
    /// The SDK clients.
    pub clients: Clients,
    /// Tells the time.
    pub clock: fn() -> Timestamp,
    /// When this environment of the function started: the younger one has the newer configuration.
    pub started_at: Timestamp,
}

impl Context {
    /// An instance of the region, as the policy evaluates it.
    #[must_use]
    pub fn subject<'a>(&'a self, instance: &'a Instance, read_at: Timestamp) -> Subject<'a> {
        Subject {
            instance,
            region: &self.config.region,
            now: read_at,
        }
    }

    /// What follows from an evaluation in this environment.
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

    /// What a look at an instance showed, where no event asked for it; `seen` is none where EC2 does not know
    /// the instance.
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

    /// The state table.
    #[must_use]
    pub fn state_table(&self) -> Table<'_> {
        Table {
            client: &self.clients.dynamodb,
            name: &self.config.state_table,
            account: &self.config.log_bucket_owner,
            region: &self.config.region,
        }
    }

    /// How violations are remembered and told, where instances of before `baseline_until` are the
    /// baseline.
    #[must_use]
    pub fn rules(&self, baseline_until: Option<Timestamp>) -> Rules {
        Rules {
            repeat_interval: self.config.repeat_interval.0,
            resolved_notices: self.config.resolved_notices,
            baseline_until,
        }
    }
}

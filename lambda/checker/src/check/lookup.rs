//! Looks up the instances that events named.

use std::collections::HashMap;
use std::time::Duration;

use tag_compliance_aws::deadline::within;
use tag_compliance_aws::ec2;
use tag_compliance_aws::error::CallError;
use tag_compliance_core::event::Check;
use tag_compliance_core::instance::{Instance, InstanceId};
use tag_compliance_core::timestamp::Timestamp;
use tokio::time::{Instant, sleep};

use crate::budget::Budget;
use crate::context::Context;

/// How long to wait before each retry for an instance that EC2 doesn't show yet: 7.5 s in all, of the "few seconds"
/// after which EC2's API is consistent ("Eventual consistency", Amazon EC2 API reference).
const NEW_INSTANCE_DELAYS: [Duration; 4] = [
    Duration::from_millis(500),
    Duration::from_secs(1),
    Duration::from_secs(2),
    Duration::from_secs(4),
];

/// The instances that EC2 showed, and why some may be missing.
#[derive(Debug, Default)]
pub struct Lookup {
    found: HashMap<InstanceId, Seen>,
    asked_at: Option<Timestamp>,
    failure: Option<CallError>,
}

/// An instance, and when EC2 showed it.
#[derive(Debug)]
pub struct Seen {
    pub instance: Instance,
    /// When its tags were read.
    pub read_at: Timestamp,
    /// When the call was sent.
    pub asked_at: Timestamp,
}

impl Lookup {
    /// Looks once for the instances of all checks.
    pub async fn once(
        context: &Context,
        budget: &Budget,
        checks: impl Iterator<Item = &Check>,
    ) -> Self {
        let mut lookup = Self::default();
        lookup.look(context, budget, checks).await;
        lookup
    }

    /// Retries the instances that EC2 didn't show at first.
    pub async fn again(context: &Context, budget: &Budget, checks: &[&Check]) -> Self {
        let mut lookup = Self::default();
        for delay in NEW_INSTANCE_DELAYS {
            let unseen: Vec<&Check> = checks
                .iter()
                .copied()
                .filter(|check| lookup.may_find_later(check))
                .collect();
            if unseen.is_empty() {
                break;
            }
            // An instance that wasn't retried long enough isn't known to be missing.
            if Instant::now() + delay >= budget.lookup_end() {
                lookup.failure = Some(CallError::out_of_time(ec2::CALL));
                break;
            }
            sleep(delay).await;
            lookup.look(context, budget, unseen.into_iter()).await;
        }
        lookup
    }

    async fn look(
        &mut self,
        context: &Context,
        budget: &Budget,
        checks: impl Iterator<Item = &Check>,
    ) {
        let mut ids: Vec<InstanceId> = checks.map(|check| check.instance_id.clone()).collect();
        ids.sort_unstable();
        ids.dedup();
        if ids.is_empty() {
            return;
        }
        let asked_at = (context.clock)();
        self.asked_at = Some(asked_at);
        let described = ec2::describe(&context.clients.ec2, &ids);
        match within(budget.lookup_end(), ec2::CALL, described).await {
            Ok(found) => {
                let read_at = (context.clock)();
                let seen = found.into_iter().map(|instance| {
                    (
                        instance.id.clone(),
                        Seen {
                            instance,
                            read_at,
                            asked_at,
                        },
                    )
                });
                self.found.extend(seen);
            }
            Err(error) => self.failure = Some(error),
        }
    }

    /// Whether EC2 may still show an instance that it hasn't shown yet.
    #[must_use]
    pub fn may_find_later(&self, check: &Check) -> bool {
        check.is_new && self.failure.is_none() && !self.found.contains_key(&check.instance_id)
    }

    /// When EC2 was last asked. None if it wasn't.
    #[must_use]
    pub fn asked_at(&self) -> Option<Timestamp> {
        self.asked_at
    }

    /// The instance, if EC2 knows it.
    ///
    /// # Errors
    /// EC2 couldn't be asked.
    pub fn get(&self, id: &InstanceId) -> Result<Option<&Seen>, CallError> {
        match (self.found.get(id), &self.failure) {
            (None, Some(error)) => Err(error.clone()),
            (found, _) => Ok(found),
        }
    }
}

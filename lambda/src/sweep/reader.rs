//! Reading the fleet: the pages of its partitions, judged and recorded as they come.

use std::cell::{Cell, RefCell};
use std::time::Duration;

use futures_util::{StreamExt, TryStreamExt, stream};
use tokio::time::{Instant, sleep, sleep_until};
use tracing::{info, warn};

use super::pace::Pace;
use super::partition::{Partition, Probe, Slice};
use crate::audit::{self, AuditRecord};
use crate::aws::ec2::{self, Page, Query, Retries};
use crate::aws::error::{CallError, Failure};
use crate::aws::s3::Format;
use crate::budget::{Budget, within};
use crate::delivery::{AuditObject, log_unwritten, put_audit_object};
use crate::digest::Totals;
use crate::event::{Sweep, SweepScope};
use crate::handler::Checker;
use crate::instance::{Instance, InstanceState};
use crate::settle;
use crate::timestamp::Timestamp;

/// How many partitions are read side by side. Each holds a page in memory.
const MAX_CONCURRENT_PARTITIONS: usize = 8;

/// How long to wait before a page is asked for again that failed for another reason than the pace.
const RETRY_DELAYS: [Duration; 2] = [Duration::from_millis(500), Duration::from_secs(1)];

/// A partition with its next page, where that is read already.
type Part = (Partition, Option<Page>);

fn unread(partitions: Vec<Partition>) -> Vec<Part> {
    let parts = partitions.into_iter().map(|partition| (partition, None));
    parts.collect()
}

/// Reads the fleet as long as the budget allows.
pub struct Reader<'a> {
    checker: &'a Checker,
    budget: &'a Budget,
    sweep: &'a Sweep,
    recorded_at: Timestamp,
    states: &'a [InstanceState],
    pace: RefCell<Pace>,
    totals: RefCell<Totals>,
    pages_read: Cell<u32>,
    /// Whether S3 has taken the records of a page in this invocation.
    is_s3_there: Cell<bool>,
    refusal: RefCell<Option<CallError>>,
}

impl<'a> Reader<'a> {
    pub fn new(
        checker: &'a Checker,
        budget: &'a Budget,
        sweep: &'a Sweep,
        recorded_at: Timestamp,
        totals: Totals,
    ) -> Self {
        Self {
            checker,
            budget,
            sweep,
            recorded_at,
            states: match sweep.scope {
                SweepScope::Watched => &checker.config.watched_states,
                SweepScope::Running => &[InstanceState::Running],
            },
            pace: RefCell::new(Pace::new(Instant::now())),
            totals: RefCell::new(totals),
            pages_read: Cell::new(0),
            is_s3_there: Cell::new(false),
            refusal: RefCell::new(None),
        }
    }

    pub fn into_totals(self) -> Totals {
        self.totals.into_inner()
    }

    /// Reads these partitions, or, where there is none, the fleet; returns what is left when the time
    /// for reading is over.
    ///
    /// # Errors
    /// A page could not be read, or in all that time not one.
    pub async fn read(&self, partitions: Vec<Partition>) -> Result<Vec<Partition>, CallError> {
        let parts = if partitions.is_empty() {
            Box::pin(self.begin()).await?
        } else {
            unread(partitions)
        };
        let left: Vec<Option<Partition>> = stream::iter(parts)
            .map(|(partition, page)| self.read_partition(partition, page))
            .buffer_unordered(MAX_CONCURRENT_PARTITIONS)
            .try_collect()
            .await?;
        let left: Vec<Partition> = left.into_iter().flatten().collect();
        if !left.is_empty() && self.pages_read.get() == 0 {
            return Err(self.no_page());
        }
        Ok(left)
    }

    fn no_page(&self) -> CallError {
        let refusal = self.refusal.borrow().clone();
        refusal.unwrap_or_else(|| CallError::out_of_time(ec2::CALL))
    }

    /// Reads the first page, which is all of a small fleet, and parts a large one.
    async fn begin(&self) -> Result<Vec<Part>, CallError> {
        let whole = Partition::unread(Slice::Whole);
        let first = self.page(&self.query(whole.slice), None).await?;
        let first = first.ok_or_else(|| self.no_page())?;
        if first.next_token.is_some() && self.can_be_parted(&first.instances).await? {
            // The first page is in the parts as well, and read again with them.
            return Ok(unread(Partition::sixteenths()));
        }
        Ok(vec![(whole, Some(first))])
    }

    /// Whether EC2 understands the patterns by which the fleet is parted. One that took them literally
    /// would show no instance, and the sweep would call that a fleet.
    async fn can_be_parted(&self, known: &[Instance]) -> Result<bool, CallError> {
        let probe = Probe::of(known);
        let patterns = probe.id_patterns();
        let query = Query::ids(patterns.iter().map(String::as_str));
        let answer = self.page(&query, None).await?;
        let is_passed = answer.is_some_and(|answer| probe.is_passed_by(&answer.instances));
        if !is_passed {
            warn!(
                "EC2 did not answer the probe for partitions as expected: the sweep goes page by page"
            );
        }
        Ok(is_passed)
    }

    fn query(&self, slice: Slice) -> Query {
        let query = Query::states(self.states);
        match slice.id_pattern() {
            Some(pattern) => query.and_id(&pattern),
            None => query,
        }
    }

    /// Reads a partition to its end, or returns what is left of it.
    async fn read_partition(
        &self,
        mut partition: Partition,
        page: Option<Page>,
    ) -> Result<Option<Partition>, CallError> {
        let query = self.query(partition.slice);
        let mut next = match page {
            Some(page) => Some(page),
            None => self.page(&query, partition.next_token.as_deref()).await?,
        };
        while let Some(page) = next {
            let (records, totals) = self.judge(&partition, page.instances);
            let token = page.next_token;
            let page_after = async {
                match token.as_deref() {
                    Some(token) => self.page(&query, Some(token)).await,
                    None => Ok(None),
                }
            };
            // EC2 works on the next page while S3 takes this one.
            let (page, is_done) = tokio::join!(page_after, self.record(records));
            if !is_done {
                break;
            }
            self.count(totals);
            partition.pages += 1;
            partition.next_token = token;
            if partition.next_token.is_none() {
                return Ok(None);
            }
            next = page?;
        }
        Ok(Some(partition))
    }

    /// A page, in the sweep's pace; none where the time for reading is over.
    async fn page(&self, query: &Query, token: Option<&str>) -> Result<Option<Page>, CallError> {
        let mut retry_delays = RETRY_DELAYS.into_iter();
        loop {
            let slot = self.pace.borrow_mut().slot(Instant::now());
            if slot >= self.budget.sweep_stop() {
                return Ok(None);
            }
            sleep_until(slot).await;
            let call = ec2::page(&self.checker.clients.ec2, query, token, Retries::Caller);
            match within(self.budget.sweep_pages_end(), ec2::CALL, call).await {
                Ok(page) => {
                    self.pace.borrow_mut().answered();
                    self.pages_read.update(|pages| pages + 1);
                    return Ok(Some(page));
                }
                Err(error) if error.is_throttled() => {
                    info!("EC2 wants to be asked less often: {error}");
                    self.pace.borrow_mut().refused(slot, Instant::now());
                    self.refusal.replace(Some(error));
                }
                Err(error) if error.failure == Failure::OutOfTime => return Ok(None),
                Err(error) => match retry_delays.next() {
                    Some(delay) if error.is_retryable() => sleep(delay).await,
                    _ => return Err(error),
                },
            }
        }
    }

    /// Judges the instances of a page; the records are JSON Lines.
    fn judge(&self, partition: &Partition, instances: Vec<Instance>) -> (AuditObject, Totals) {
        let Checker { config, clock, .. } = self.checker;
        let read_at = clock();
        let mut totals = Totals::default();
        let mut lines = Vec::new();
        // The instance may have ended between EC2's filter and its answer.
        for instance in instances.into_iter().filter(|it| !it.state.is_ending()) {
            let subject = self.checker.subject(&instance, read_at);
            let Some(verdict) = config.policy.judge(&subject) else {
                totals.out_of_scope += 1;
                continue;
            };
            // The event of its launch will see to it.
            let is_provisional = settle::remaining(config, &subject, &verdict).is_some();
            if is_provisional {
                totals.provisional += 1;
            } else {
                totals.add(&config.policy, &instance, &verdict);
            }
            let event = &self.sweep.event;
            let record =
                AuditRecord::new(&subject, &verdict, &config.policy, event, is_provisional);
            lines.append(&mut record.to_json());
            lines.push(b'\n');
        }
        let records = AuditObject {
            key: audit::sweep_page_key(self.recorded_at, partition.page_number()),
            format: Format::JsonLines,
            body: lines,
        };
        (records, totals)
    }

    fn count(&self, totals: Totals) {
        self.totals.borrow_mut().merge(totals);
    }

    /// Writes the records of a page, where there are any. Returns whether the page is done with: one
    /// for which only the time was too short is read again by another invocation.
    async fn record(&self, records: AuditObject) -> bool {
        if records.body.is_empty() {
            return true;
        }
        let key = records.key.clone();
        let end = self.budget.sweep_records_end();
        match put_audit_object(self.checker, records, end).await {
            Ok(()) => self.is_s3_there.set(true),
            // Where S3 takes nothing at all, the sweep must not wait for it.
            Err(error) if error.failure == Failure::OutOfTime && self.is_s3_there.get() => {
                info!(key, "The page is read again in another invocation: {error}");
                return false;
            }
            Err(error) => log_unwritten(&key, &error),
        }
        true
    }
}

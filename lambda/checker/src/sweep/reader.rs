//! Reads the fleet: its partitions concurrently, each page by page.

use std::cell::{Cell, RefCell};

use futures_util::{StreamExt, TryStreamExt, stream};
use tag_compliance_aws::ec2::{self, Query};
use tag_compliance_aws::error::{CallError, Failure};
use tag_compliance_core::event::{Sweep, SweepScope};
use tag_compliance_core::instance::{Instance, InstanceId, InstanceState};
use tag_compliance_core::record::{self, Object};
use tag_compliance_core::sweep::ledger::Ledger;
use tag_compliance_core::sweep::partition::{Partition, Slice};
use tag_compliance_core::sweep::totals::Totals;
use tag_compliance_core::timestamp::Timestamp;
use tracing::{info, warn};

use super::page::{self, Evaluated};
use super::pager::{Pager, Read};
use super::probe::Probe;
use super::reconciler::{self, Reconciled, Reconciler};
use crate::budget::Budget;
use crate::context::Context;
use crate::delivery::{create_audit_object, log_unwritten};
use crate::error::Error;

/// How many partitions are read concurrently. Each holds a page in memory.
const MAX_CONCURRENT_PARTITIONS: usize = 8;

/// A partition, with its next page if that has been read already.
type Part = (Partition, Option<Read>);

fn unread(partitions: Vec<Partition>) -> Vec<Part> {
    let parts = partitions.into_iter().map(|partition| (partition, None));
    parts.collect()
}

/// The states of the instances to read. If there is a grace period, this includes ended instances, as long as EC2
/// shows them: they may have ended within it.
fn states(context: &Context, scope: SweepScope) -> Vec<InstanceState> {
    let mut states = match scope {
        SweepScope::Watched => context.config.watched_states.clone(),
        SweepScope::Running => vec![InstanceState::Running],
    };
    if !context.config.grace_period.length.is_zero() {
        let ending = InstanceState::ALL.into_iter().filter(|it| it.is_ending());
        states.extend(ending);
    }
    states
}

/// Reads the fleet as long as the budget allows.
pub struct Reader<'a> {
    context: &'a Context,
    budget: &'a Budget,
    sweep: &'a Sweep,
    recorded_at: Timestamp,
    states: Vec<InstanceState>,
    pager: Pager<'a>,
    reconciler: Reconciler<'a>,
    totals: RefCell<Totals>,
    /// Whether S3 has taken a page's records in this invocation.
    is_s3_there: Cell<bool>,
}

impl<'a> Reader<'a> {
    pub fn new(
        context: &'a Context,
        budget: &'a Budget,
        sweep: &'a Sweep,
        recorded_at: Timestamp,
        totals: Totals,
        swept_at: Option<Timestamp>,
    ) -> Self {
        Self {
            reconciler: Reconciler::new(context, budget, swept_at),
            context,
            budget,
            sweep,
            recorded_at,
            states: states(context, sweep.scope),
            pager: Pager::new(context, budget),
            totals: RefCell::new(totals),
            is_s3_there: Cell::new(false),
        }
    }

    pub fn into_totals(self) -> Totals {
        self.totals.into_inner()
    }

    /// Reads these partitions, or the whole fleet if there are none. Returns what is left when the time for reading
    /// is over.
    ///
    /// # Errors
    /// A page couldn't be read, no page was read in all that time, or the state table failed.
    pub async fn read(&self, partitions: Vec<Partition>) -> Result<Vec<Partition>, Error> {
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
        if !left.is_empty() && !self.pager.has_read() {
            return Err(self.pager.no_page().into());
        }
        Ok(left)
    }

    /// Reads the first page, which is all of a small fleet. A larger fleet is then split into partitions.
    async fn begin(&self) -> Result<Vec<Part>, CallError> {
        let whole = Partition::unread(Slice::Whole);
        let first = self.pager.page(&self.query(whole.slice), None).await?;
        let first = first.ok_or_else(|| self.pager.no_page())?;
        let is_more = first.page.next_token.is_some();
        if is_more && self.can_be_parted(&first.page.instances).await? {
            // The partitions include the first page, so it is read again with them.
            return Ok(unread(Partition::sixteenths()));
        }
        Ok(vec![(whole, Some(first))])
    }

    /// Whether EC2 understands the patterns that split the fleet. If it took them literally it would return no
    /// instance, and the sweep would call the fleet empty.
    async fn can_be_parted(&self, known: &[Instance]) -> Result<bool, CallError> {
        let probe = Probe::of(known);
        let patterns = probe.id_patterns();
        let query = Query::ids(patterns.iter().map(String::as_str));
        let answer = self.pager.page(&query, None).await?;
        let is_passed = answer.is_some_and(|answer| probe.is_passed_by(&answer.page.instances));
        if !is_passed {
            warn!("EC2 did not answer the partition probe as expected; sweeping page by page");
        }
        Ok(is_passed)
    }

    fn query(&self, slice: Slice) -> Query {
        let query = Query::states(&self.states);
        match slice.id_pattern() {
            Some(pattern) => query.and_id(&pattern),
            None => query,
        }
    }

    /// Reads a partition and its open violations to the end, or returns what is left of it.
    async fn read_partition(
        &self,
        mut partition: Partition,
        page: Option<Read>,
    ) -> Result<Option<Partition>, Error> {
        let Some(mut ledger) = self.reconciler.ledger(partition.slice).await? else {
            return Ok(Some(partition));
        };
        if !partition.is_read {
            partition.is_read =
                Box::pin(self.read_pages(&mut partition, page, &mut ledger)).await?;
        }
        let is_done = partition.is_read && self.ask_for_unseen(&mut partition, &mut ledger).await?;
        if !is_done {
            return Ok(Some(partition));
        }
        let standing = self.reconciler.standing(&ledger);
        self.totals.borrow_mut().standing.merge(standing);
        Ok(None)
    }

    /// Reads the pages of a partition. Returns whether that was all.
    async fn read_pages(
        &self,
        partition: &mut Partition,
        page: Option<Read>,
        ledger: &mut Ledger,
    ) -> Result<bool, Error> {
        let query = self.query(partition.slice);
        let mut next = match page {
            Some(page) => Some(page),
            None => {
                self.pager
                    .page(&query, partition.next_token.as_deref())
                    .await?
            }
        };
        while let Some(mut read) = next {
            let key = record::sweep_page_key(self.recorded_at, partition.page_number());
            let event = &self.sweep.event;
            let token = read.page.next_token.take();
            let Evaluated {
                object,
                mut totals,
                differing,
            } = page::evaluate(self.context, event, key, read, ledger);
            let records = object.records;
            let page_after = async {
                match token.as_deref() {
                    Some(token) => self.pager.page(&query, Some(token)).await,
                    None => Ok(None),
                }
            };
            // EC2 prepares the next page while S3 and the state table process this one.
            let (page, recorded, reconciled) = tokio::join!(
                page_after,
                self.record(object),
                self.reconciler.reconcile(ledger, &differing)
            );
            let reconciled = self.count_reconciled(&reconciled?);
            match recorded {
                Recorded::Written => {}
                Recorded::Lost => totals.unwritten_records = records,
                Recorded::Later => break,
            }
            if !reconciled {
                break;
            }
            self.totals.borrow_mut().merge(totals);
            partition.pages += 1;
            partition.next_token = token;
            if partition.next_token.is_none() {
                return Ok(true);
            }
            next = page?;
        }
        Ok(false)
    }

    /// Looks up open violations that were on no page, since a sweep lists only watched states. Returns whether the
    /// time was enough for all.
    async fn ask_for_unseen(
        &self,
        partition: &mut Partition,
        ledger: &mut Ledger,
    ) -> Result<bool, Error> {
        let unseen = ledger.unseen(partition.asked_to.as_deref());
        for ids in unseen.chunks(ec2::MAX_FILTER_VALUES) {
            let query = Query::ids(ids.iter().map(InstanceId::as_str));
            let Some(found) = self.pager.all(&query).await? else {
                return Ok(false);
            };
            let read_at = (self.context.clock)();
            let differing = reconciler::looks(self.context, ids, &found, read_at, ledger);
            let reconciled = self.reconciler.reconcile(ledger, &differing).await?;
            if !self.count_reconciled(&reconciled) {
                return Ok(false);
            }
            partition.asked_to = ids.last().map(|id| id.as_str().to_owned());
        }
        Ok(true)
    }

    /// Counts what this sweep changed, which stays counted if the page is read again.
    fn count_reconciled(&self, reconciled: &Reconciled) -> bool {
        self.totals.borrow_mut().changed.merge(reconciled.changed);
        reconciled.is_done
    }

    /// Writes the records of a page, if there are any.
    async fn record(&self, object: Object) -> Recorded {
        if object.records == 0 {
            return Recorded::Written;
        }
        let key = object.key.clone();
        let end = self.budget.sweep_records_end();
        match create_audit_object(self.context, object, end).await {
            Ok(()) => {
                self.is_s3_there.set(true);
                Recorded::Written
            }
            // If S3 takes nothing at all, the sweep must not wait for it.
            Err(error) if error.failure == Failure::OutOfTime && self.is_s3_there.get() => {
                info!(key, "Another invocation will read the page again: {error}");
                Recorded::Later
            }
            Err(error) => {
                log_unwritten(&key, &error);
                Recorded::Lost
            }
        }
    }
}

/// What happened to the records of a page.
enum Recorded {
    /// They are in the audit log.
    Written,
    /// S3 didn't take them.
    Lost,
    /// There was too little time: another invocation reads the page again.
    Later,
}

//! Reads pages from EC2, at the sweep's pace and with retries.

use std::cell::{Cell, RefCell};
use std::time::Duration;

use tag_compliance_aws::deadline::within;
use tag_compliance_aws::ec2::{self, Page, Query, Retries};
use tag_compliance_aws::error::{CallError, Failure};
use tag_compliance_core::timestamp::Timestamp;
use tokio::time::{Instant, sleep, sleep_until};
use tracing::info;

use super::pace::Pace;
use crate::budget::Budget;
use crate::context::Context;

/// How long to wait before retrying a page that failed for a reason other than throttling.
const RETRY_DELAYS: [Duration; 2] = [Duration::from_millis(500), Duration::from_secs(1)];

/// A page, and when it was requested.
#[derive(Debug)]
pub struct Read {
    pub page: Page,
    pub asked_at: Timestamp,
}

/// Requests pages from EC2 as long as the budget allows.
pub struct Pager<'a> {
    context: &'a Context,
    budget: &'a Budget,
    pace: RefCell<Pace>,
    pages_read: Cell<u32>,
    refusal: RefCell<Option<CallError>>,
}

impl<'a> Pager<'a> {
    pub fn new(context: &'a Context, budget: &'a Budget) -> Self {
        Self {
            context,
            budget,
            pace: RefCell::new(Pace::new(Instant::now())),
            pages_read: Cell::new(0),
            refusal: RefCell::new(None),
        }
    }

    /// Reads a page at the sweep's pace. None if the time for reading is over.
    ///
    /// # Errors
    /// EC2 refused the call, or didn't answer after retries.
    pub async fn page(
        &self,
        query: &Query,
        token: Option<&str>,
    ) -> Result<Option<Read>, CallError> {
        let mut retry_delays = RETRY_DELAYS.into_iter();
        loop {
            let slot = self.pace.borrow_mut().slot(Instant::now());
            if slot >= self.budget.sweep_stop() {
                return Ok(None);
            }
            sleep_until(slot).await;
            let asked_at = (self.context.clock)();
            let call = ec2::page(&self.context.clients.ec2, query, token, Retries::Caller);
            match within(self.budget.sweep_pages_end(), ec2::CALL, call).await {
                Ok(page) => {
                    self.pace.borrow_mut().answered();
                    self.pages_read.update(|pages| pages + 1);
                    return Ok(Some(Read { page, asked_at }));
                }
                Err(error) if error.is_throttled() => {
                    info!("EC2 throttled the sweep; slowing down: {error}");
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

    /// Reads all pages of a query for a few instances, and says when the first was requested. None if the time for
    /// reading is over.
    ///
    /// # Errors
    /// As [`Pager::page`].
    pub async fn all(&self, query: &Query) -> Result<Option<Read>, CallError> {
        let Some(mut all) = self.page(query, None).await? else {
            return Ok(None);
        };
        while let Some(token) = all.page.next_token.take() {
            let Some(mut more) = self.page(query, Some(&token)).await? else {
                return Ok(None);
            };
            all.page.instances.append(&mut more.page.instances);
            all.page.next_token = more.page.next_token;
        }
        Ok(Some(all))
    }

    /// Whether EC2 has returned any page yet.
    pub fn has_read(&self) -> bool {
        self.pages_read.get() > 0
    }

    /// Why no page was returned.
    pub fn no_page(&self) -> CallError {
        let refusal = self.refusal.borrow().clone();
        refusal.unwrap_or_else(|| CallError::out_of_time(ec2::CALL))
    }
}

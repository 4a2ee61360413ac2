//! A report in sentences.

use std::fmt::Write;

use tag_compliance_core::tally::Counts;

use super::Report;
use super::tally::Costs;
use crate::fleet::UnreadRegion;

impl Report<'_> {
    /// The totals in one sentence.
    pub fn summary(&self) -> String {
        let Counts {
            compliant,
            non_compliant,
            exempt,
            out_of_scope,
        } = self.total.counts;
        let checked = self.total.counts.checked();
        let mut text = match (self.nothing(), self.total.share()) {
            (None, Some(share)) => format!(
                "{checked} checked: {compliant} compliant ({share}), {non_compliant} non-compliant"
            ),
            (nothing, _) => nothing.unwrap_or_default(),
        };
        for (count, what) in [(exempt, "exempt"), (out_of_scope, "out of scope")] {
            if count > 0 {
                // Writing to a string does not fail.
                let _ = write!(text, ", {count} {what}");
            }
        }
        if let Some(costs) = self.cost_summary() {
            let _ = write!(text, "; {costs}");
        }
        if !self.unread.is_empty() {
            let regions: Vec<_> = self.unread.iter().map(UnreadRegion::place).collect();
            let _ = write!(text, "; not read: {}", regions.join(", "));
        }
        text
    }

    /// The costs in one sentence, if there are prices.
    pub fn cost_summary(&self) -> Option<String> {
        let costs: Costs = self.total.costs;
        self.has_costs.then(|| {
            let share = costs.share().map(|share| format!(" ({share})"));
            format!(
                "{} of {} a month compliant{}",
                costs.compliant,
                costs.checked(),
                share.unwrap_or_default()
            )
        })
    }

    /// That nothing was checked, and why, if so.
    pub fn nothing(&self) -> Option<String> {
        let why = self.why_nothing()?;
        Some(format!("nothing was checked: {why}"))
    }

    /// Why nothing was checked, if so.
    pub fn why_nothing(&self) -> Option<String> {
        if self.total.counts.checked() > 0 {
            return None;
        }
        Some(if self.total.counts.out_of_scope > 0 {
            "every instance is out of the policy's scope".to_owned()
        } else if self.read > 0 {
            format!("none of the {} instances matches the filter", self.read)
        } else {
            format!(
                "no instance is {} in {}",
                self.state_words(" or "),
                self.regions.join(", ")
            )
        })
    }

    /// The requested instance states.
    pub fn state_words(&self, between: &str) -> String {
        let states: Vec<_> = self.states.iter().map(|state| state.as_str()).collect();
        states.join(between)
    }

    /// The instances without a price, in one sentence.
    pub fn unpriced_summary(&self) -> Option<String> {
        let types = self.unpriced.iter();
        let types: Vec<_> = types
            .map(|((region, instance_type), count)| format!("{region} {instance_type} ({count})"))
            .collect();
        (!types.is_empty()).then(|| format!("no price, so in no total: {}", types.join(", ")))
    }
}

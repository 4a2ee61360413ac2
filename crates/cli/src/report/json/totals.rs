//! The totals of a document, with costs if there are prices.

use serde::Serialize;
use tag_compliance_core::tally::Counts;

use crate::report::money::Usd;
use crate::report::{Group, Report};

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct FleetTotals {
    #[serde(flatten)]
    evaluated: Totals,
    out_of_scope: u64,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Totals {
    checked: u64,
    compliant: u64,
    non_compliant: u64,
    exempt: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    monthly_usd: Option<MonthlyUsd>,
}

/// What the instances cost a month, by status.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct MonthlyUsd {
    checked: Usd,
    compliant: Usd,
    non_compliant: Usd,
    exempt: Usd,
    /// How many of them have no price.
    unpriced: u64,
}

impl From<Counts> for Totals {
    fn from(counts: Counts) -> Self {
        Self {
            checked: counts.checked(),
            compliant: counts.compliant,
            non_compliant: counts.non_compliant,
            exempt: counts.exempt,
            monthly_usd: None,
        }
    }
}

impl Totals {
    pub fn of<Name>(group: &Group<Name>, report: &Report<'_>) -> Self {
        let costs = group.costs;
        Self {
            monthly_usd: report.has_costs.then(|| MonthlyUsd {
                checked: costs.checked(),
                compliant: costs.compliant,
                non_compliant: costs.non_compliant,
                exempt: costs.exempt,
                unpriced: costs.unpriced,
            }),
            ..group.counts.into()
        }
    }
}

impl FleetTotals {
    pub fn of(report: &Report<'_>) -> Self {
        Self {
            evaluated: Totals::of(&report.total, report),
            out_of_scope: report.total.counts.out_of_scope,
        }
    }
}

impl From<Counts> for FleetTotals {
    fn from(counts: Counts) -> Self {
        Self {
            evaluated: counts.into(),
            out_of_scope: counts.out_of_scope,
        }
    }
}

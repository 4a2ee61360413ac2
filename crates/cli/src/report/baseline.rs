//! An earlier report, as `scan --format json` of this or an older version wrote it.

use std::collections::BTreeSet;

use serde::Deserialize;
use tag_compliance_core::instance::{InstanceState, Tags};
use tag_compliance_core::policy::document::Severity;
use tag_compliance_core::tally::Counts;
use tag_compliance_core::text::{OneLine, Untrusted, list};
use tag_compliance_core::timestamp::Timestamp;

use super::changes::Open;
use super::filter::Filter;

/// An earlier report.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Baseline {
    pub timestamp: Timestamp,
    policy_hash: String,
    regions: Vec<String>,
    /// The accounts that own what was found; none if that is nothing.
    #[serde(default)]
    accounts: Vec<String>,
    states: Vec<InstanceState>,
    totals: Totals,
    /// Absent in reports that are older than this field.
    #[serde(default)]
    filter: Filter,
    #[serde(default)]
    evaluated_at: Option<Timestamp>,
    instances: Vec<Listed>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Totals {
    compliant: u64,
    non_compliant: u64,
    exempt: u64,
    #[serde(default)]
    out_of_scope: u64,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Listed {
    instance_id: String,
    #[serde(default)]
    account_id: Option<String>,
    region: String,
    status: String,
    owner: Option<String>,
    missing_tags: Vec<String>,
    invalid_tags: Vec<Tag>,
    forbidden_tags: Vec<Tag>,
    tags: Tags,
}

#[derive(Debug, Deserialize)]
struct Tag {
    key: String,
}

/// What the current report covers.
pub struct Now<'a> {
    pub policy_hash: &'a str,
    pub regions: &'a [&'a str],
    /// The accounts that own what was found; none if that is nothing.
    pub accounts: &'a BTreeSet<&'a str>,
    pub states: &'a [InstanceState],
    pub filter: &'a Filter,
}

impl Baseline {
    /// Reads it.
    ///
    /// # Errors
    /// It is not JSON, or not a report.
    pub fn from_json(text: &str) -> Result<Self, serde_json::Error> {
        serde_json::from_str(text)
    }

    /// What was violated then, in the regions and accounts that were read now, as far as the filter counts it.
    pub fn open<'a>(&'a self, now: &Now<'_>) -> Vec<Open<'a>> {
        let listed = self.instances.iter();
        let listed = listed.filter(|it| it.status == "non-compliant");
        let listed = listed.filter(|it| now.regions.contains(&it.region.as_str()));
        let listed = listed.filter(|it| now.covers_account(it.account_id.as_deref()));
        let counted = listed.filter(|it| now.filter.counts(&it.tags, it.owner()));
        counted.map(Listed::open).collect()
    }

    /// Whether an instance of now could have been read then.
    pub fn covers(&self, open: &Open<'_>) -> bool {
        let accounts = self.accounts.iter().map(String::as_str);
        self.has_region(open.region) && is_among(open.account, accounts)
    }

    /// The severity from which on it lists violations.
    pub fn lists(&self, severity: Option<Severity>) -> bool {
        self.filter.lists(severity)
    }

    fn has_region(&self, region: &str) -> bool {
        self.regions.iter().any(|it| it == region)
    }

    /// The totals at that time; none if they cover other instances.
    pub fn counts(&self, now: &Now<'_>) -> Option<Counts> {
        let is_of_the_same = self.filter.tags == now.filter.tags
            && self.filter.owners == now.filter.owners
            && self.states == now.states
            && self
                .only_then(now)
                .chain(self.only_now(now))
                .next()
                .is_none()
            && self.regions.len() == now.regions.len()
            && now.regions.iter().all(|region| self.has_region(region));
        is_of_the_same.then_some(Counts {
            compliant: self.totals.compliant,
            non_compliant: self.totals.non_compliant,
            exempt: self.totals.exempt,
            out_of_scope: self.totals.out_of_scope,
        })
    }

    /// The accounts that only the current report has.
    fn only_now<'a>(&'a self, now: &Now<'a>) -> impl Iterator<Item = OneLine<'a>> {
        let then = || self.accounts.iter().map(String::as_str);
        let accounts = now.accounts.iter().copied();
        accounts
            .filter(move |it| !is_among(Some(it), then()))
            .map(OneLine)
    }

    /// The accounts that only this report has.
    fn only_then<'a>(&'a self, now: &Now<'a>) -> impl Iterator<Item = OneLine<'a>> {
        let accounts = self.accounts.iter().map(String::as_str);
        let now = now.accounts;
        accounts
            .filter(move |it| !is_among(Some(it), now.iter().copied()))
            .map(OneLine)
    }

    /// What limits the comparison.
    pub fn notes(&self, now: &Now<'_>) -> Vec<String> {
        let regions = |regions: &mut dyn Iterator<Item = &str>| {
            list(regions.map(|region| Untrusted::new(region).one_line()))
        };
        let only_now = regions(
            &mut now
                .regions
                .iter()
                .copied()
                .filter(|it| !self.has_region(it)),
        );
        let mut then = self.regions.iter().map(String::as_str);
        let only_then = regions(&mut then.by_ref().filter(|it| !now.regions.contains(it)));
        let mut notes = Vec::new();
        if !only_now.is_empty() {
            notes.push(format!(
                "not compared, because the baseline does not cover it: {only_now}"
            ));
        }
        if !only_then.is_empty() {
            notes.push(format!(
                "not compared, because this scan did not read it: {only_then}"
            ));
        }
        for (accounts, which) in [
            (list(self.only_now(now)), "the baseline"),
            (list(self.only_then(now)), "this scan"),
        ] {
            if !accounts.is_empty() {
                notes.push(format!(
                    "not compared, because {which} found no instance of the account: {accounts}"
                ));
            }
        }
        if self.policy_hash != now.policy_hash {
            notes.push(
                "the baseline used another policy, which may explain what is new or fixed"
                    .to_owned(),
            );
        }
        if self.states != now.states {
            let states: Vec<_> = self.states.iter().map(|state| state.as_str()).collect();
            notes.push(format!(
                "the baseline covers other states: {}",
                states.join(", ")
            ));
        }
        if self.filter != *now.filter && self.filter != Filter::default() {
            let words = self.filter.words().unwrap_or_default();
            notes.push(format!("the baseline covers less: {}", OneLine(&words)));
        }
        if let Some(at) = self.evaluated_at {
            notes.push(format!("the baseline was evaluated as of {at}"));
        }
        notes
    }
}

impl Now<'_> {
    fn covers_account(&self, account: Option<&str>) -> bool {
        is_among(account, self.accounts.iter().copied())
    }
}

/// Whether an account is one of these. Where one side is unknown, nothing speaks against it.
fn is_among<'a>(account: Option<&str>, accounts: impl Iterator<Item = &'a str>) -> bool {
    let mut accounts = accounts.peekable();
    let Some(account) = account.filter(|_| accounts.peek().is_some()) else {
        return true;
    };
    accounts.any(|it| it == account)
}

impl Listed {
    fn owner(&self) -> Option<Untrusted<'_>> {
        self.owner.as_deref().map(Untrusted::new)
    }

    fn open(&self) -> Open<'_> {
        let missing = self.missing_tags.iter().map(|key| (key, "missing"));
        let invalid = self.invalid_tags.iter().map(|tag| (&tag.key, "invalid"));
        let forbidden = self
            .forbidden_tags
            .iter()
            .map(|tag| (&tag.key, "forbidden"));
        let violations = missing.chain(invalid).chain(forbidden);
        Open {
            id: &self.instance_id,
            region: &self.region,
            account: self.account_id.as_deref(),
            // The report that it is from has masked it, where it is a secret.
            name: self.tags.get("Name").map(|name| Untrusted::new(name.raw())),
            owner: self.owner(),
            cost: None,
            violations: violations
                .map(|(key, kind)| (key.as_str(), format!("{}: {kind}", OneLine(key))))
                .collect(),
        }
    }
}

//! One violation, as systems that keep an alert for it are told.

use super::card::Step;
use super::places::{FIX_HERE, FIX_NEXT};
use super::{Change, console};
use crate::fix::Fix;
use crate::policy::document::Severity;
use crate::text::{OneLine, excerpt};

/// The most characters of the commands that a payload has, so that an event has room for several payloads.
const MAX_COMMAND_CHARS: usize = 5_000;
/// The most characters of any other text of it.
const MAX_CHARS: usize = 500;

/// A violation for an alert of [`pagerduty`](super::pagerduty) or [`jsm`](super::jsm).
#[derive(Debug, Clone, Copy)]
pub struct Violation<'a> {
    pub change: &'a Change<'a>,
    /// The instance's account.
    pub account_id: &'a str,
    /// The instance's region.
    pub region: &'a str,
    /// Where to fix it; none if EC2 does not know the instance.
    pub fix: Option<&'a Fix<'a>>,
}

impl Violation<'_> {
    /// The instance and what is found, on one line of at most so many characters.
    pub(super) fn summary(&self, max_chars: usize) -> String {
        let (id, name) = (self.change.id, self.change.short_name());
        let name = name.map_or_else(String::new, |name| format!(" ({name})"));
        let what = self.change.what(max_chars);
        let what = if what.is_empty() {
            "not compliant"
        } else {
            &what
        };
        excerpt(&format!("{id}{name}: {what}"), max_chars - 1)
    }

    pub(super) fn severity(&self) -> Option<Severity> {
        self.change.item.facts.severity
    }

    /// The instance's owner, safe to show.
    pub(super) fn owner(&self) -> Option<String> {
        self.change.item.facts.owner.as_deref().map(shown)
    }

    /// The instance's page in the console.
    pub(super) fn page(&self) -> Option<String> {
        console::instance(self.region, self.change.id)
    }

    /// What else is known, as names and values on one line each.
    pub(super) fn details(&self) -> Vec<(&'static str, String)> {
        let facts = &self.change.item.facts;
        let what = self.change.what(MAX_CHARS);
        let details = [
            ("findings", Some(what).filter(|what| !what.is_empty())),
            ("account", Some(self.account_id.to_owned())),
            ("region", Some(self.region.to_owned())),
            ("instance", Some(self.change.id.to_string())),
            ("name", self.change.short_name()),
            ("owner", self.owner()),
            ("severity", facts.severity.map(|it| it.as_str().to_owned())),
            ("made_by", facts.cause.as_ref().map(ToString::to_string)),
            ("opened_at", Some(self.change.item.opened_at.to_string())),
        ];
        let known = details.into_iter();
        known
            .filter_map(|(name, value)| Some((name, value?)))
            .collect()
    }

    /// What to do, with the commands for which there is room.
    pub(super) fn steps(&self) -> Vec<Step> {
        let Some(fix) = self.fix else {
            return Vec::new();
        };
        let mut room = MAX_COMMAND_CHARS;
        let mut fits = |command: &String| {
            let left = room.checked_sub(command.chars().count());
            room = left.unwrap_or(room);
            left.is_some()
        };
        let mut steps = vec![
            Step::new(FIX_HERE, None, fix.commands.clone()),
            Step::new(
                FIX_NEXT,
                Some(&fix.next_launch),
                fix.next_launch_commands.clone(),
            ),
        ];
        for step in &mut steps {
            let all = step.commands.len();
            step.commands.retain(&mut fits);
            step.hidden = all - step.commands.len();
        }
        steps
    }
}

fn shown(text: &str) -> String {
    excerpt(&OneLine(text).to_string(), MAX_CHARS)
}

#[cfg(test)]
mod tests;

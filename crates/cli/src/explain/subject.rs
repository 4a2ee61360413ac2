//! The instance that is explained, from a file and the options.

use tag_compliance_core::instance::{Instance, InstanceState, Tags};
use tag_compliance_core::subject::Subject;
use tag_compliance_core::timestamp::Timestamp;

use super::args::{Explain, UNKNOWN_ID};
use super::error::ExplainError;
use super::told::Told;
use crate::clock;

/// What is known of the instance.
pub struct Facts {
    instance: Instance,
    /// Empty if unknown: then no condition on regions matches.
    region: String,
    now: Timestamp,
    /// Why it is evaluated at that time.
    pub now_is: &'static str,
    /// Whether the instance may have more tags than these.
    pub tags_are_partial: bool,
}

impl Facts {
    /// `place` is where a file tells it.
    pub fn new(arguments: &Explain, told: Told, place: &str) -> Result<Self, ExplainError> {
        let no_tags = || ExplainError::NoTags {
            place: place.to_owned(),
        };
        let state = arguments.state.or(told.state);
        let state = state.unwrap_or(InstanceState::Running);
        let tags = if arguments.untagged {
            Tags::new()
        } else if arguments.tag.is_empty() {
            // A terminated instance's tags do not matter.
            let none = state.is_ending().then(Tags::new);
            told.tags.or(none).ok_or_else(no_tags)?
        } else {
            let mut tags = told.tags.unwrap_or_default();
            tags.extend(arguments.tag.iter().cloned());
            tags
        };
        let told_id = told
            .id
            .filter(|_| arguments.instance_id.as_str() == UNKNOWN_ID);
        let (now, now_is) = match (arguments.at, told.time) {
            (Some(at), _) => (at, "as requested"),
            (None, Some(time)) => (time, "the event's own time"),
            (None, None) => (clock::now(), "now"),
        };
        Ok(Self {
            instance: Instance {
                id: told_id.unwrap_or_else(|| arguments.instance_id.clone()),
                account_id: arguments.account.clone().or(told.account_id),
                state,
                launched_at: arguments.launched_at.or(told.launched_at),
                ended_at: None,
                described: arguments.attributes.over(told.described),
                operator: arguments.operator.clone().or(told.operator),
                tags,
            },
            region: arguments.region.clone().or(told.region).unwrap_or_default(),
            now,
            now_is,
            tags_are_partial: told.tags_are_partial && !arguments.untagged,
        })
    }

    pub fn subject(&self) -> Subject<'_> {
        Subject {
            instance: &self.instance,
            region: &self.region,
            now: self.now,
        }
    }

    /// The instance's id, if known.
    pub fn instance_id(&self) -> Option<&str> {
        Some(self.instance.id.as_str()).filter(|id| *id != UNKNOWN_ID)
    }
}

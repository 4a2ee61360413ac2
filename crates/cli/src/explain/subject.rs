//! The instance that is explained: what the event and the options say of it.

use tag_compliance_core::instance::{Instance, InstanceState, Tags};
use tag_compliance_core::subject::Subject;
use tag_compliance_core::timestamp::Timestamp;

use super::told::Told;
use crate::args::{Explain, UNKNOWN_ID};
use crate::clock;
use crate::error::Error;

/// What is known of the instance.
pub struct Facts {
    instance: Instance,
    /// Empty where it is not known: no condition on regions holds then.
    region: String,
    now: Timestamp,
    /// Why it is evaluated as of then.
    pub now_is: &'static str,
}

impl Facts {
    pub fn new(arguments: &Explain) -> Result<Self, Error> {
        let source = arguments.event.as_ref();
        let told = source.map(Told::read).transpose()?.unwrap_or_default();
        let name = || source.map(ToString::to_string).unwrap_or_default();
        let tags = if arguments.untagged {
            Tags::new()
        } else if arguments.tag.is_empty() {
            told.tags.ok_or_else(|| Error::NoTags { name: name() })?
        } else {
            let mut tags = told.tags.unwrap_or_default();
            tags.extend(arguments.tag.iter().cloned());
            tags
        };
        let told_id = told
            .id
            .filter(|_| arguments.instance_id.as_str() == UNKNOWN_ID);
        let (now, now_is) = match (arguments.at, told.time) {
            (Some(at), _) => (at, "as asked for"),
            (None, Some(time)) => (time, "the event's own time"),
            (None, None) => (clock::now(), "now"),
        };
        let state = arguments.state.or(told.state);
        Ok(Self {
            instance: Instance {
                id: told_id.unwrap_or_else(|| arguments.instance_id.clone()),
                account_id: arguments.account.clone().or(told.account_id),
                state: state.unwrap_or(InstanceState::Running),
                launched_at: arguments.launched_at.or(told.launched_at),
                ended_at: None,
                tags,
            },
            region: arguments.region.clone().or(told.region).unwrap_or_default(),
            now,
            now_is,
        })
    }

    pub fn subject(&self) -> Subject<'_> {
        Subject {
            instance: &self.instance,
            region: &self.region,
            now: self.now,
        }
    }

    /// The instance's id, where it is known.
    pub fn instance_id(&self) -> Option<&str> {
        Some(self.instance.id.as_str()).filter(|id| *id != UNKNOWN_ID)
    }
}

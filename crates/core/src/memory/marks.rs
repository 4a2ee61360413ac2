//! What was told, and where.

use super::complaints::Complaints;
use super::hex_id::HexId;
use crate::timestamp::Timestamp;

/// A place where violations are told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Voice {
    /// The alert topic: emails, one for each group.
    Topic,
    /// The account's event bus: an event for each violation, and the groups' messages for chats.
    Bus,
}

impl Voice {
    /// Every voice.
    pub const ALL: [Self; 2] = [Self::Topic, Self::Bus];
}

/// Some voices.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Voices {
    topic: bool,
    bus: bool,
}

impl Voices {
    /// The voices for which this holds.
    #[must_use]
    pub fn that(is_one: impl Fn(Voice) -> bool) -> Self {
        Self {
            topic: is_one(Voice::Topic),
            bus: is_one(Voice::Bus),
        }
    }

    /// Whether a voice is one of them.
    #[must_use]
    pub fn have(self, voice: Voice) -> bool {
        match voice {
            Voice::Topic => self.topic,
            Voice::Bus => self.bus,
        }
    }
}

/// What one voice told last.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Told {
    /// The lifetime of the violation.
    pub opened_at: Timestamp,
    /// None once the bus was told that the violation is over.
    pub complaints: Complaints,
    /// The version of the item that was told: of two tellers, the one that knew more has the last word.
    pub version: u64,
    pub at: Timestamp,
    /// Whether the violation was escalated.
    pub escalated: bool,
    /// The conversation that the lifetime's messages belong to, on the bus.
    pub thread: Option<HexId>,
}

impl Told {
    /// Whether it was told that the violation is over.
    #[must_use]
    pub fn is_over(&self) -> bool {
        self.complaints.is_empty()
    }
}

/// What each voice told. Each has a mark of its own, so that if one fails, the other repeats nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct Marks {
    pub topic: Option<Told>,
    pub bus: Option<Told>,
}

impl Marks {
    /// What a voice told last.
    #[must_use]
    pub fn of(&self, voice: Voice) -> Option<&Told> {
        match voice {
            Voice::Topic => self.topic.as_ref(),
            Voice::Bus => self.bus.as_ref(),
        }
    }

    /// The same mark for a voice, if it is to have one.
    #[must_use]
    pub fn each(mark: impl Fn(Voice) -> Option<Told>) -> Self {
        Self {
            topic: mark(Voice::Topic),
            bus: mark(Voice::Bus),
        }
    }

    /// These marks, and the others where there are none.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        Self {
            topic: self.topic.or(other.topic),
            bus: self.bus.or(other.bus),
        }
    }

    /// The marks that aren't in `known`.
    #[must_use]
    pub fn without(self, known: &Self) -> Self {
        Self {
            topic: self.topic.filter(|mark| known.topic.as_ref() != Some(mark)),
            bus: self.bus.filter(|mark| known.bus.as_ref() != Some(mark)),
        }
    }
}

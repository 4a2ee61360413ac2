//! The memory of violations, so that people are notified once.
//!
//! Each instance that is or was in violation has one [`Item`]. [`decide`] says what a look at EC2
//! means for it; [`news`] says what people have yet to be told. Both are pure. The caller stores an
//! item on the condition that its version is still the one that was decided on.
//!
//! Every change makes an item due. A second look has to agree before anyone is notified, so that races between
//! looks, slow writes and skewed clocks end in the state of the newest look.

mod cause;
mod complaints;
mod decide;
mod group;
mod hex_id;
mod item;
mod marks;
mod news;
mod policy_era;
mod rules;

pub use self::cause::Cause;
pub use self::complaints::{Complaints, InvalidComplaints};
pub use self::decide::{Look, Looked, Source, Write, decide, wake};
pub use self::group::Group;
pub use self::hex_id::{HexId, InvalidHexId};
pub use self::item::{
    Closed, Due, Facts, Item, OVERDUE, State, partition_key, partition_key_of_digit,
};
pub use self::marks::{Marks, Told, Voice, Voices};
pub use self::news::{News, Shift, news, owes, shift, told};
pub use self::policy_era::{Era, EraStep, meet};
pub use self::rules::Rules;

#[cfg(test)]
mod tests;

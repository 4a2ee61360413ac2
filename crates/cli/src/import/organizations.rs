//! Tag policies of AWS Organizations. The sources are its user guide's pages "Tag policy syntax and
//! examples" (below: syntax), "Inheritance operators" (operators), "Inheritance examples"
//! (examples) and "Reporting tagging compliance".

pub(super) mod answer;
mod chain;
mod convert;
mod policy;
mod setting;

use serde_json::Value;

use self::chain::Chain;
use self::policy::Policy;
use super::notes::Notes;
use super::place::Place;
use super::{ImportError, Imported};

/// A tag policy, and where it is in a file.
#[derive(Debug)]
pub(super) struct TagPolicy {
    /// Where it is in the file.
    pub place: Place,
    /// Its JSON.
    pub content: Value,
    /// Whether it is an effective policy, which combines those of an account.
    pub is_effective: bool,
}

/// Converts a chain of policies: the root's first, and those of one level in the order in which they are attached.
pub(super) fn import(levels: &[Vec<TagPolicy>], mut notes: Notes) -> Result<Imported, ImportError> {
    let is_alone = levels.iter().map(Vec::len).sum::<usize>() == 1;
    let mut chain = Chain::default();
    for level in levels {
        let mut policies = Vec::new();
        for policy in level {
            let TagPolicy { place, content, .. } = policy;
            if policy.is_effective && !is_alone {
                let expected =
                    "no effective policy beside other policies, which it already combines";
                return Err(place.expected(expected, content));
            }
            policies.push(Policy::read(place, content, is_alone, &mut notes)?);
        }
        chain.add(policies, &mut notes);
    }
    Ok(convert::convert(&chain, notes))
}

#[cfg(test)]
mod tests;

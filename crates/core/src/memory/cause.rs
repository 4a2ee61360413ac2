//! What made an instance, as stored in the state table.

use std::fmt;

use crate::instance::Instance;
use crate::policy::TagPolicy;
use crate::provenance::Provenance;
use crate::text::{OneLine, Untrusted, excerpt};

/// What made an instance, so that many launches of one cause are one line of a message.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Cause(String);

const MAX_CHARS: usize = 100;

impl Cause {
    /// The cause of an instance; none where EC2 does not say.
    #[must_use]
    pub fn of(instance: &Instance, policy: &TagPolicy) -> Option<Self> {
        let maker = Provenance::of(instance, policy).maker.text()?;
        Some(Self::stored(&maker))
    }

    /// A cause as it was stored.
    #[must_use]
    pub fn stored(text: &str) -> Self {
        Self(excerpt(text, MAX_CHARS))
    }

    /// The text to store.
    #[must_use]
    pub fn as_text(&self) -> Untrusted<'_> {
        Untrusted::new(&self.0)
    }
}

impl fmt::Display for Cause {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        OneLine(&self.0).fmt(formatter)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{default_policy, instance, tags};

    #[test]
    fn the_cause_is_what_people_know_it_by() {
        let of = |pairs: &[(&str, &str)]| {
            Cause::of(&instance(tags(pairs)), &default_policy()).map(|cause| cause.to_string())
        };
        let group = ("aws:autoscaling:groupName", "web");
        let nodes = ("eks:nodegroup-name", "workers");
        let stack = ("aws:cloudformation:stack-name", "shop");
        let template = ("aws:ec2launchtemplate:id", "lt-1");
        for (pairs, expected) in [
            (&[group, stack, template][..], "Auto Scaling group web"),
            (&[group, nodes], "EKS node group workers"),
            (&[stack, template], "CloudFormation stack shop"),
            (&[template], "launch template lt-1"),
            (&[("eks:nodegroup-name", "a\nb")], "EKS node group a\\nb"),
        ] {
            assert_eq!(of(pairs).as_deref(), Some(expected), "{pairs:?}");
        }
        assert_eq!(of(&[("Name", "web")]), None);
    }
}

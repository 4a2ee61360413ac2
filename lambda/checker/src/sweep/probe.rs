//! Tests whether EC2 understands the patterns that split the fleet.

use tag_compliance_core::instance::Instance;

/// A query that only an EC2 which understands `*` in an id answers correctly: patterns for some instances that are
/// known to exist.
#[derive(Debug)]
pub struct Probe<'a> {
    samples: Vec<&'a Instance>,
}

impl<'a> Probe<'a> {
    const MAX_SAMPLES: usize = 16;
    const SUFFIX: usize = 7;

    /// A probe with some instances of a page.
    #[must_use]
    pub fn of(instances: &'a [Instance]) -> Self {
        let step = instances.len().div_ceil(Self::MAX_SAMPLES).max(1);
        Self {
            samples: instances.iter().step_by(step).collect(),
        }
    }

    /// The patterns of ids to ask for.
    #[must_use]
    pub fn id_patterns(&self) -> Vec<String> {
        let suffix = |instance: &&Instance| {
            let id = instance.id.as_str();
            format!("i-*{}", &id[id.len() - Self::SUFFIX..])
        };
        self.samples.iter().map(suffix).collect()
    }

    /// Whether the answer has these instances, and not many others.
    #[must_use]
    pub fn is_passed_by(&self, answer: &[Instance]) -> bool {
        let is_there = |sample: &&Instance| answer.iter().any(|found| found.id == sample.id);
        answer.len() <= 2 * self.samples.len() && self.samples.iter().all(is_there)
    }
}

#[cfg(test)]
mod tests {
    use tag_compliance_core::testing::{instance, tags};

    use super::*;

    fn fleet(ids: impl IntoIterator<Item = u64>) -> Vec<Instance> {
        let with_id = |id: u64| {
            let mut instance = instance(tags(&[]));
            instance.id = format!("i-{id:017x}").parse().unwrap();
            instance
        };
        ids.into_iter().map(with_id).collect()
    }

    #[test]
    fn a_probe_asks_for_a_few_and_wants_these() {
        let fleet = fleet(0x1000..0x1000 + 1_000);
        let probe = Probe::of(&fleet);
        let patterns = probe.id_patterns();
        assert_eq!(patterns.len(), 16);
        assert_eq!(patterns[0], "i-*0001000");
        let samples: Vec<_> = probe.samples.iter().copied().cloned().collect();
        assert!(probe.is_passed_by(&samples));
        assert!(!probe.is_passed_by(&samples[1..]), "one is not there");
        assert!(!probe.is_passed_by(&[]), "the pattern was taken literally");
        assert!(!probe.is_passed_by(&fleet), "the filter was ignored");
        assert!(Probe::of(&[]).is_passed_by(&[]));
    }
}

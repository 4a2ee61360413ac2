//! Which instances a report covers.

use serde::{Deserialize, Serialize};
use tag_compliance_core::instance::Tags;
use tag_compliance_core::policy::document::Severity;
use tag_compliance_core::text::{Untrusted, is_blank};

/// Which instances a report counts, and which it lists.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Filter {
    /// All of these tags, with exactly these values; an empty value also matches an absent tag.
    #[serde(rename = "where")]
    pub tags: Vec<(String, String)>,
    /// One of these owners; an empty one matches instances without an owner.
    pub owners: Vec<String>,
    /// The lowest severity that is listed. Anything lower still counts.
    pub severity: Option<Severity>,
}

impl Filter {
    /// Whether an instance counts.
    pub fn counts(&self, tags: &Tags, owner: Option<Untrusted<'_>>) -> bool {
        let is_there = |(key, value): &(String, String)| match tags.get(key) {
            Some(found) => found.raw() == value || (value.is_empty() && is_blank(found.raw())),
            None => value.is_empty(),
        };
        let owner = owner.map_or("", Untrusted::raw);
        self.tags.iter().all(is_there)
            && (self.owners.is_empty() || self.owners.iter().any(|it| it == owner))
    }

    /// Whether a violation of this severity is listed.
    pub fn lists(&self, severity: Option<Severity>) -> bool {
        severity >= self.severity
    }

    /// In words; none if it excludes nothing.
    pub fn words(&self) -> Option<String> {
        let tags = self.tags.iter().map(|(key, value)| {
            let (key, value) = (Untrusted::new(key), Untrusted::new(value));
            match value.raw() {
                "" => format!("{} is empty or absent", key.one_line()),
                _ => format!("{} is \"{}\"", key.one_line(), value.one_line()),
            }
        });
        let owners: Vec<_> = self.owners.iter().map(|owner| owner_words(owner)).collect();
        let owners = (!owners.is_empty()).then(|| format!("the owner is {}", owners.join(" or ")));
        let severity = self.severity;
        let severity = severity.map(|it| {
            format!(
                "only violations of severity {} or higher are listed",
                it.as_str()
            )
        });
        let words: Vec<_> = tags.chain(owners).chain(severity).collect();
        (!words.is_empty()).then(|| words.join("; "))
    }
}

fn owner_words(owner: &str) -> String {
    match owner {
        "" => "nobody".to_owned(),
        owner => format!("\"{}\"", Untrusted::new(owner).one_line()),
    }
}

#[cfg(test)]
mod tests {
    use tag_compliance_core::testing::tags;

    use super::*;

    fn filter(pairs: &[(&str, &str)], owners: &[&str], severity: Option<Severity>) -> Filter {
        let pairs = pairs.iter();
        Filter {
            tags: pairs
                .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()))
                .collect(),
            owners: owners.iter().map(|it| (*it).to_owned()).collect(),
            severity,
        }
    }

    #[test]
    fn an_instance_counts_that_has_all_tags_and_one_of_the_owners() {
        let here = tags(&[("Stage", "prod"), ("Team", "web"), ("Blank", " ")]);
        for (pairs, owners, expected) in [
            (&[][..], &[][..], true),
            (&[("Stage", "prod")], &[], true),
            (&[("Stage", "prod"), ("Team", "data")], &[], false),
            (&[("stage", "prod")], &[], false),
            (&[("Stage", "")], &[], false),
            (&[("CostCenter", "")], &[], true),
            (&[("Blank", "")], &[], true),
            (&[], &["data", "web"], true),
            (&[], &["data"], false),
            (&[], &[""], false),
        ] {
            let filter = filter(pairs, owners, None);
            let owner = Some(Untrusted::new("web"));
            assert_eq!(filter.counts(&here, owner), expected, "{filter:?}");
        }
        assert!(filter(&[], &[""], None).counts(&here, None));
    }

    #[test]
    fn a_severity_narrows_the_list_of_violations_alone() {
        let filter = filter(&[], &[], Some(Severity::High));
        for (severity, expected) in [
            (Some(Severity::Critical), true),
            (Some(Severity::High), true),
            (Some(Severity::Medium), false),
            (None, false),
        ] {
            assert_eq!(filter.lists(severity), expected, "{severity:?}");
        }
        assert!(Filter::default().lists(None));
    }

    #[test]
    fn a_filter_is_said_in_words() {
        assert_eq!(Filter::default().words(), None);
        let filter = filter(
            &[("Stage", "a\nb"), ("Team", "")],
            &["web", ""],
            Some(Severity::High),
        );
        assert_eq!(
            filter.words().unwrap(),
            "Stage is \"a\\nb\"; Team is empty or absent; the owner is \"web\" or nobody; only violations of \
             severity high or higher are listed"
        );
    }
}

//! What is checked of conditions.

use super::super::condition::{Condition, TagTest, Test};
use super::super::document;
use super::super::limits::MAX_KEY_CHARS;
use super::{Checks, Path, named, tag_key};
use crate::expected::Expected;
use crate::instance::LiveState;
use crate::text::is_blank;

impl Checks<'_> {
    pub(super) fn condition(&mut self, path: &Path, condition: document::Condition) -> Condition {
        if condition == document::Condition::default() && !self.faults.is_incomplete(path) {
            let expected = "at least one part of a condition";
            self.faults.add_count(path, expected, "none");
        }
        let mut tests = Vec::new();
        if let Some(tags) = condition.tags {
            let path = path.field("tags");
            self.not_empty(&path, &tags);
            for (index, tag) in tags.into_iter().enumerate() {
                tests.push(self.tag_test(&named(&path.index(index), &tag.key), tag));
            }
        }
        let list = |name| path.field(name);
        let ids = self.parsed(&list("instance_ids"), condition.instance_ids);
        let groups = self.listed(
            &list("auto_scaling_groups"),
            condition.auto_scaling_groups,
            "the name of an Auto Scaling group",
            |name| (!is_blank(name)).then(|| name.to_owned()),
        );
        let states: Option<Vec<LiveState>> = self.parsed(&list("states"), condition.states);
        let accounts = self.parsed(&list("accounts"), condition.accounts);
        let regions = self.parsed(&list("regions"), condition.regions);
        let operators = self.parsed(&list("operator"), condition.operator);
        tests.extend(ids.map(Test::InstanceId));
        tests.extend(groups.map(Test::AutoScalingGroup));
        tests
            .extend(states.map(|states| Test::State(states.into_iter().map(Into::into).collect())));
        tests.extend(accounts.map(Test::Account));
        tests.extend(regions.map(Test::Region));
        tests.extend(operators.map(Test::Operator));
        tests.extend(condition.min_age_hours.map(Test::MinAgeHours));
        tests.extend(condition.max_age_hours.map(Test::MaxAgeHours));
        if let (Some(min), Some(max)) = (condition.min_age_hours, condition.max_age_hours)
            && min >= max
        {
            let expected = format!("less than max_age_hours, which is {max}");
            self.faults.add(&path.field("min_age_hours"), expected, min);
        }
        Condition(tests)
    }

    /// A list of a condition, where it is given.
    fn parsed<T: Expected>(&mut self, path: &Path, items: Option<Vec<String>>) -> Option<Vec<T>> {
        self.listed(path, items, T::EXPECTED, |item| item.parse().ok())
    }

    fn listed<T>(
        &mut self,
        path: &Path,
        items: Option<Vec<String>>,
        expected: &str,
        parse: impl Fn(&str) -> Option<T>,
    ) -> Option<Vec<T>> {
        let items = items?;
        self.not_empty(path, &items);
        let parsed = items.iter().enumerate().filter_map(|(index, item)| {
            let parsed = parse(item);
            if parsed.is_none() {
                self.faults.add(&path.index(index), expected, item.as_str());
            }
            parsed
        });
        Some(parsed.collect())
    }

    fn tag_test(&mut self, path: &Path, tag: document::TagCondition) -> Test {
        let ignore_case = tag.ignore_case.unwrap_or_default();
        self.text(&path.field("key"), &tag.key, MAX_KEY_CHARS);
        let test = match (tag.values, tag.pattern, tag.absent.unwrap_or_default()) {
            (None, None, false) => TagTest::Present,
            (None, None, true) => TagTest::Absent,
            (Some(values), None, false) => {
                self.values(&path.field("values"), &values);
                TagTest::OneOf(values)
            }
            (None, Some(text), false) => self
                .pattern(&path.field("pattern"), &text, ignore_case)
                .map_or(TagTest::Present, TagTest::Matches),
            _ => {
                let expected = "at most one of values, pattern and absent";
                self.faults.add_count(path, expected, "several");
                TagTest::Present
            }
        };
        Test::Tag(tag_key(tag.key, tag.ignore_case), test)
    }
}

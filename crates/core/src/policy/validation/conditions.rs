//! Validates conditions.

use super::super::condition::{Age, Attribute, Condition, TagTest, Test};
use super::super::document;
use super::super::limits::{MAX_KEY_CHARS, MAX_VALUE_CHARS};
use super::super::names::Name;
use super::{Checks, Path, named};
use crate::expected::Expected;
use crate::instance::LiveState;

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
                let key = tag.key.as_ref().or(tag.key_pattern.as_ref());
                let path = named(&path.index(index), key.map_or("", String::as_str));
                tests.push(self.tag_test(&path, tag));
            }
        }
        let list = |name| path.field(name);
        let ids = self.parsed(&list("instance_ids"), condition.instance_ids);
        let states: Option<Vec<LiveState>> = self.parsed(&list("states"), condition.states);
        let accounts = self.parsed(&list("accounts"), condition.accounts);
        let regions = self.parsed(&list("regions"), condition.regions);
        let operators = self.parsed(&list("operator"), condition.operator);
        tests.extend(ids.map(Test::InstanceId));
        tests
            .extend(states.map(|states| Test::State(states.into_iter().map(Into::into).collect())));
        tests.extend(accounts.map(Test::Account));
        tests.extend(regions.map(Test::Region));
        tests.extend(operators.map(Test::Operator));
        for (attribute, names) in [
            (Attribute::AutoScalingGroup, condition.auto_scaling_groups),
            (Attribute::InstanceType, condition.instance_types),
            (Attribute::AvailabilityZone, condition.availability_zones),
            (Attribute::ImageId, condition.image_ids),
            (Attribute::InstanceProfile, condition.instance_profiles),
            (Attribute::VpcId, condition.vpc_ids),
            (Attribute::SubnetId, condition.subnet_ids),
        ] {
            let names = names.map(|names| self.names(&path.field(attribute.field()), &names));
            tests.extend(names.map(|names| Test::Named(attribute, names)));
        }
        let minutes = |minutes: Option<u32>| minutes.map(Age::from_minutes);
        let hours = |hours: Option<u32>| hours.map(Age::from_hours);
        let min_age = self.age(
            path,
            ("min_age_hours", hours(condition.min_age_hours)),
            ("min_age_minutes", minutes(condition.min_age_minutes)),
        );
        let max_age = self.age(
            path,
            ("max_age_hours", hours(condition.max_age_hours)),
            ("max_age_minutes", minutes(condition.max_age_minutes)),
        );
        if let (Some((field, min)), Some((max_field, max))) = (min_age, max_age)
            && min >= max
        {
            let expected = format!("less than {max_field}, which is {max}");
            self.faults
                .add(&path.field(field), expected, min.to_string());
        }
        tests.extend(min_age.map(|(_, age)| Test::MinAge(age)));
        tests.extend(max_age.map(|(_, age)| Test::MaxAge(age)));
        self.nested(path, condition.any, condition.not, &mut tests);
        Condition(tests)
    }

    /// An age given in hours or minutes, and the name of its field.
    fn age(
        &mut self,
        path: &Path,
        (hours_field, hours): (&'static str, Option<Age>),
        (minutes_field, minutes): (&'static str, Option<Age>),
    ) -> Option<(&'static str, Age)> {
        if hours.is_some() && minutes.is_some() {
            let expected = format!("either {hours_field} or {minutes_field}");
            self.faults
                .add_count(&path.field(minutes_field), expected, "both");
        }
        let hours = hours.map(|age| (hours_field, age));
        hours.or(minutes.map(|age| (minutes_field, age)))
    }

    /// The conditions within `any` and `not`. They can't be nested further, so that Terraform can check them.
    fn nested(
        &mut self,
        path: &Path,
        any: Option<Vec<document::Condition>>,
        not: Option<Box<document::Condition>>,
        tests: &mut Vec<Test>,
    ) {
        if let Some(any) = any {
            let path = path.field("any");
            self.not_empty(&path, &any);
            let any = any.into_iter().enumerate();
            let any = any.map(|(index, inner)| self.inner(&path.index(index), inner));
            tests.push(Test::Any(any.collect()));
        }
        if let Some(inner) = not {
            let inner = self.inner(&path.field("not"), *inner);
            tests.push(Test::Not(inner));
        }
    }

    fn inner(&mut self, path: &Path, mut condition: document::Condition) -> Condition {
        for (name, is_given) in [
            ("any", condition.any.take().is_some()),
            ("not", condition.not.take().is_some()),
        ] {
            if is_given {
                let expected = "no any or not within any or not";
                self.faults.add_count(&path.field(name), expected, "some");
                self.faults.mark(&path.field(name));
            }
        }
        self.condition(path, condition)
    }

    fn names(&mut self, path: &Path, names: &[String]) -> Vec<Name> {
        self.not_empty(path, names);
        let mut parsed = Vec::with_capacity(names.len());
        for (index, name) in names.iter().enumerate() {
            let path = path.index(index);
            self.text(&path, name, MAX_VALUE_CHARS);
            match Name::new(name, &mut self.patterns) {
                Ok(name) => parsed.push(name),
                Err(error) => {
                    let expected = self.pattern_expected(error);
                    if let Some(expected) = expected {
                        self.faults.add(&path, expected, name.as_str());
                    }
                }
            }
        }
        parsed
    }

    /// Parses a condition's list, if it is set.
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
        let key_case = tag.key.as_ref().and(tag.ignore_case);
        let key = self.key_or_pattern(path, tag.key, tag.key_pattern, key_case);
        if !key.is_pattern() {
            self.text(&path.field("key"), &key.text, MAX_KEY_CHARS);
        }
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
        Test::Tag(key, test)
    }
}

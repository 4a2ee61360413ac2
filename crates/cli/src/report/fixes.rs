//! Where to fix the violations, grouped by where the instances come from.

mod groups;

use std::cmp::Reverse;

use tag_compliance_core::day::Day;
use tag_compliance_core::evaluation::Status;
use tag_compliance_core::fix::{Certain, Fix, GroupTags, by_profile};
use tag_compliance_core::instance::{AccountId, InstanceId};

use self::groups::Groups;
use super::{Report, Row};

/// One place to fix, and the instances that come from it.
#[derive(Default)]
pub struct Place<'a> {
    /// What launched them, on one line.
    pub origin: String,
    /// The region, with the account if there are several.
    pub region: String,
    /// The day from which it counts, unless it already does.
    pub enforced_from: Option<Day>,
    /// The profile that they were read with.
    pub profile: Option<&'a str>,
    pub instances: usize,
    /// Where the next launch gets its tags, on one line.
    pub next_launch: String,
    pub next_launch_commands: Vec<String>,
    /// Those that take no guess, because all instances of the group want the same.
    pub certain_next_launch_commands: Vec<String>,
    /// The tags about which the instances of the group differ, with what to put.
    pub disputed: Vec<String>,
    /// What its instances want of their Auto Scaling group, if that can be changed.
    group: Option<GroupTags>,
    account: Option<&'a AccountId>,
    /// The commands for the instances.
    pub commands: Vec<String>,
    /// The fixes that take no guess.
    pub certain: Certain,
    /// The instances that are left to a person, with the tags to set.
    pub undecided: Vec<(&'a InstanceId, String)>,
    /// The instances with tags that no command can fix for good, and these tags.
    pub beyond: Vec<(&'a InstanceId, String)>,
}

/// The places of everything listed: first what counts already, then day by day, each with the most
/// instances first.
pub fn of<'a>(report: &'a Report<'_>) -> Vec<Place<'a>> {
    let groups = Groups::of(report);
    let mut places: Vec<Place<'_>> = Vec::new();
    for row in &report.rows {
        let is_violation = row.status() == Status::NonCompliant;
        let now = row.fix.iter().filter(|_| is_violation);
        let now = now.map(|fix| (None, fix));
        let later = row.upcoming_fixes.iter();
        let later = later.map(|(day, fix)| (Some(*day), fix));
        for (enforced_from, fix) in now.chain(later) {
            let place = Place::of(report, row, enforced_from, fix);
            let known = places.iter().position(|it| it.is_same(&place));
            let at = known.unwrap_or_else(|| {
                places.push(place);
                places.len() - 1
            });
            places[at].add(&row.instance.id, fix);
        }
    }
    for place in &mut places {
        place.settle(&groups);
    }
    places.sort_by_key(|place| (place.enforced_from, Reverse(place.instances)));
    places
}

impl<'a> Place<'a> {
    fn of(report: &Report<'_>, row: &Row<'a>, enforced_from: Option<Day>, fix: &Fix<'_>) -> Self {
        let origin = fix.provenance.maker_line();
        Self {
            origin: origin.unwrap_or_else(|| "unknown origin".to_owned()),
            region: region(report, row),
            enforced_from,
            profile: row.profile,
            account: row.instance.account_id.as_ref(),
            next_launch: fix.next_launch.clone(),
            group: fix.group.clone(),
            ..Self::default()
        }
    }

    fn is_same(&self, other: &Self) -> bool {
        let key = |it: &Self| (it.enforced_from, it.profile);
        let texts = |it: &Self| [it.region.clone(), it.origin.clone(), it.next_launch.clone()];
        let is_same_group = match (&self.group, &other.group) {
            // A title may be cut.
            (Some(left), Some(right)) => left.id() == right.id(),
            (left, right) => left.is_none() == right.is_none(),
        };
        is_same_group && key(self) == key(other) && texts(self) == texts(other)
    }

    /// A heading, on one line.
    pub fn title(&self) -> String {
        let Self { origin, region, .. } = self;
        let instances = self.instances;
        match self.enforced_from {
            None => format!("{origin}, {region} (violations: {instances})"),
            Some(day) => {
                let day = day.in_words();
                format!("{origin}, {region}, from {day} (instances: {instances})")
            }
        }
    }

    fn add(&mut self, id: &'a InstanceId, fix: &Fix<'_>) {
        let certain = &fix.certain;
        self.instances += 1;
        self.commands.extend(fix.commands.iter().cloned());
        self.certain
            .commands
            .extend(certain.commands.iter().cloned());
        if let (Some(group), Some(more)) = (&mut self.group, &fix.group) {
            group.add(more);
        }
        for (left, tags) in [
            (&mut self.undecided, &certain.undecided),
            (&mut self.beyond, &certain.beyond),
        ] {
            if !tags.is_empty() {
                left.push((id, tags.join(", ")));
            }
        }
    }

    /// Takes from its group what all instances want of it, whatever the day.
    fn settle(&mut self, groups: &Groups<'_>) {
        let own = self.group.as_ref();
        let Some(group) = own.and_then(|own| groups.settled(self.account, own)) else {
            return;
        };
        let by_profile = |commands: Vec<String>| match self.profile {
            Some(profile) => commands.iter().map(|it| by_profile(it, profile)).collect(),
            None => commands,
        };
        self.next_launch_commands = by_profile(group.commands());
        self.certain_next_launch_commands = by_profile(group.certain_commands());
        self.disputed = group.disputed();
    }
}

fn region(report: &Report<'_>, row: &Row<'_>) -> String {
    match &row.instance.account_id {
        Some(account) if report.accounts.len() > 1 => format!("{} of {account}", row.region),
        _ => row.region.to_owned(),
    }
}

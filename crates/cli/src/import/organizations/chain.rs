//! Combines tag policies from the root to an account ("Inheritance operators" and "Inheritance examples" in the user
//! guide of AWS Organizations).

use std::collections::BTreeMap;

use super::super::notes::Notes;
use super::super::place::Place;
use super::policy::{Policy, Section};
use super::setting::{ALLOWED_FOR_CHILDREN, Allowed, Name, Setting};

/// The combined statement about one tag.
#[derive(Debug)]
pub(super) struct Statement {
    /// Where the tag first appears.
    pub place: Place,
    /// The policy key in lower case.
    pub key: String,
    allowed: Allowed,
    settings: BTreeMap<Name, Setting>,
}

impl Statement {
    fn setting(&self, name: Name) -> Option<&Setting> {
        self.settings.get(&name)
    }

    /// The values of a setting. None if it isn't set.
    pub fn values(&self, name: Name) -> &[String] {
        let setting = self.setting(name);
        let values = setting.and_then(|setting| setting.values.as_deref());
        values.unwrap_or_default()
    }

    /// Whether a policy assigns the setting an empty list.
    pub fn is_nothing(&self, name: Name) -> bool {
        let setting = self.setting(name);
        setting.is_some_and(|it| it.values.as_ref().is_some_and(Vec::is_empty))
    }

    /// Whether all values that were assigned or appended have been removed.
    pub fn is_emptied(&self, name: Name) -> bool {
        self.setting(name).is_some_and(|setting| setting.is_emptied)
    }

    /// Where a setting was last changed.
    pub fn place_of(&self, name: Name) -> &Place {
        let setting = self.setting(name);
        setting.map_or(&self.place, |setting| &setting.place)
    }

    fn is_set(&self) -> bool {
        let mut settings = self.settings.values();
        settings.any(|setting| setting.values.is_some())
    }

    /// The setting, which is created if it doesn't exist.
    fn setting_at(&mut self, name: Name, place: &Place) -> &mut Setting {
        let setting = self.settings.entry(name);
        // A limit on a section also limits what can be added to it.
        setting.or_insert_with(|| Setting::new(place, &self.allowed))
    }
}

/// The combination of the policies so far.
#[derive(Debug, Default)]
pub(super) struct Chain {
    /// In the order in which they first appear.
    pub statements: Vec<Statement>,
    /// How many statements a parent policy disallowed.
    pub left_out: usize,
    allowed: Allowed,
}

impl Chain {
    /// Adds the policies of the next level, in the order in which they are attached. The first that assigns wins
    /// (example 6), and all may append and remove. Their limits apply to the levels below (example 5).
    pub fn add(&mut self, level: Vec<Policy>, notes: &mut Notes) {
        let known = self.statements.len();
        let (limits, sections): (Vec<_>, Vec<_>) = level
            .into_iter()
            .map(|policy| (policy.allowed, policy.sections))
            .unzip();
        let sections: Vec<_> = sections
            .into_iter()
            .flatten()
            .map(|section| (self.index_of(&section), section))
            .collect();
        for (index, section) in &sections {
            for (name, place, change) in &section.settings {
                let setting = self.statements[*index].setting_at(*name, place);
                setting.assign(place, change, notes);
            }
        }
        for (index, section) in &sections {
            for (name, place, change) in &section.settings {
                let setting = self.statements[*index].setting_at(*name, place);
                setting.append_and_remove(place, change, notes);
            }
        }
        for (index, section) in &sections {
            for (name, place, change) in &section.settings {
                let setting = self.statements[*index].setting_at(*name, place);
                setting.end_level(change);
            }
        }
        for (index, section) in &sections {
            self.statements[*index].allowed.restrict(&section.allowed);
        }
        self.leave_out(known, notes);
        for limit in &limits {
            self.allowed.restrict(limit);
        }
    }

    /// The statement of a section, which is created if it doesn't exist.
    fn index_of(&mut self, section: &Section) -> usize {
        let known = self.statements.iter().position(|it| it.key == section.key);
        known.unwrap_or_else(|| {
            self.statements.push(Statement {
                place: section.place.clone(),
                key: section.key.clone(),
                allowed: self.allowed.clone(),
                settings: BTreeMap::new(),
            });
            self.statements.len() - 1
        })
    }

    /// A parent policy may disallow every operator of a statement.
    fn leave_out(&mut self, known: usize, notes: &mut Notes) {
        if self.allowed.is_all() {
            return;
        }
        let (kept, left_out): (Vec<_>, Vec<_>) = self
            .statements
            .split_off(known)
            .into_iter()
            .partition(Statement::is_set);
        self.statements.extend(kept);
        self.left_out += left_out.len();
        let text =
            format!("is left out: a parent policy does not allow it ({ALLOWED_FOR_CHILDREN})");
        let texts = left_out.iter().map(|statement| statement.place.note(&text));
        texts.for_each(|text| notes.other(text));
    }
}

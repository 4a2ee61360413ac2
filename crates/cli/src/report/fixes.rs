//! Where to fix the violations, once for all that the same maker has made.

use std::cmp::Reverse;

use tag_compliance_core::evaluation::Status;

use super::Report;

/// One place to fix, and the instances that come from it.
pub struct Place {
    /// What made them, on one line.
    pub made_by: String,
    pub region: String,
    pub violations: usize,
    /// Where the next launch gets its tags, on one line.
    pub next_launch: String,
    pub next_launch_commands: Vec<String>,
    /// Those for the instances.
    pub commands: Vec<String>,
}

/// The places of all violations that are listed, those of most violations first.
pub fn of(report: &Report<'_>) -> Vec<Place> {
    let mut places: Vec<Place> = Vec::new();
    let violations = report.rows.iter();
    for row in violations.filter(|row| row.status() == Status::NonCompliant) {
        let Some(fix) = &row.fix else { continue };
        let made_by = fix.provenance.maker_line();
        let made_by = made_by.unwrap_or_else(|| "not known".to_owned());
        let known = places.iter_mut().position(|place| {
            place.region == row.region
                && place.made_by == made_by
                && place.next_launch == fix.next_launch
        });
        let at = known.unwrap_or_else(|| {
            places.push(Place {
                made_by,
                region: row.region.to_owned(),
                violations: 0,
                next_launch: fix.next_launch.clone(),
                next_launch_commands: Vec::new(),
                commands: Vec::new(),
            });
            places.len() - 1
        });
        let place = &mut places[at];
        place.violations += 1;
        place.commands.extend(fix.commands.iter().cloned());
        for command in &fix.next_launch_commands {
            // Instances of one group mostly lack the same.
            if !place.next_launch_commands.contains(command) {
                place.next_launch_commands.push(command.clone());
            }
        }
    }
    places.sort_by_key(|place| Reverse(place.violations));
    places
}

//! The message about several violations, as text.

use super::{Mail, Text};
use crate::notification::{Alerts, groups};

/// Renders the changes of several violations, grouped by cause.
pub fn render(alerts: &Alerts<'_>) -> Mail {
    let mut body = Text::default();
    body.line("EC2 Instance Non-Compliant Alerts\n");
    body.line(format_args!("Region: {}", alerts.region));
    if let Some(owner) = alerts.owner {
        body.line(format_args!("Owner: {}", owner.one_line()));
    }
    for group in groups::of(alerts) {
        let lines = group.changes.iter();
        let lines = lines.map(|change| format!("{}{}", change.id, change.after_id()));
        body.block(&group.heading, group.next_launch.into_iter().chain(lines));
    }
    Mail {
        subject: alerts.title(),
        body: body.ending_with("\nPlease correct the tags to ensure compliance.\n"),
        severity: groups::severity(alerts),
    }
}

#[cfg(test)]
mod tests;

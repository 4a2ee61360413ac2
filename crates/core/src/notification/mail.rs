//! Notifications as email over SNS: a subject, and text.
//!
//! No text from outside can forge a line of it: [`Untrusted`](crate::text::Untrusted) can't be
//! written as it is.

mod alert;
mod alerts;
mod digest;
mod test_message;

use std::fmt::{self, Write as _};

use super::{MAX_MESSAGE_BYTES, Notification};
use crate::policy::document::Severity;
use crate::text::cut_at_line;

/// The most bytes of a body: subject and attributes have to find room beside it.
const MAX_BODY_BYTES: usize = MAX_MESSAGE_BYTES - MAX_SUBJECT_BYTES - MAX_ATTRIBUTE_BYTES;
const MAX_SUBJECT_BYTES: usize = 100;
/// Names, types and values of all attributes. The longest are an owner of 64 characters, and a pattern as long as a
/// tag's value.
const MAX_ATTRIBUTE_BYTES: usize = 2 * 1024;

/// A message to the alert topic.
///
/// The subject is ASCII, one line and under 100 characters, and all of it under 256 KiB, as SNS
/// demands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mail {
    /// The subject of an email.
    pub subject: String,
    /// The text.
    pub body: String,
    /// How bad the worst violation is, where the policy says so.
    pub severity: Option<Severity>,
}

impl Mail {
    /// What of it counts against SNS's limit, in bytes.
    #[must_use]
    pub fn size(&self) -> usize {
        self.subject.len() + self.body.len() + MAX_ATTRIBUTE_BYTES
    }
}

/// Renders a notification.
#[must_use]
pub fn render(notification: &Notification<'_>) -> Mail {
    match notification {
        Notification::Alert(alert) => alert::render(alert),
        Notification::Alerts(alerts) => alerts::render(alerts),
        Notification::Digest(digest) => digest::render(digest),
        Notification::Test(test) => test_message::render(test),
    }
}

/// The text of a message, line by line. Writing to a String can't fail.
#[derive(Default)]
struct Text(String);

impl Text {
    fn line(&mut self, line: impl fmt::Display) {
        let _ = writeln!(self.0, "{line}");
    }

    /// A heading with lines under it, if there are any.
    fn block(&mut self, heading: &str, lines: impl Iterator<Item = String>) {
        for (index, line) in lines.enumerate() {
            if index == 0 {
                self.line(format_args!("\n{heading}:"));
            }
            self.line(format_args!("  {line}"));
        }
    }

    /// The whole message; what SNS would not take is cut before the `footer`.
    fn ending_with(self, footer: &str) -> String {
        cut_at_line(self.0, MAX_BODY_BYTES - footer.len()) + footer
    }
}

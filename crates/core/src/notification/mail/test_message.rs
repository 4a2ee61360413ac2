//! The test message, as text.

use super::Mail;
use crate::notification::Test;

/// Renders the test message.
pub fn render(test: &Test<'_>) -> Mail {
    Mail {
        subject: test.title(),
        body: format!("{}\n", test.text()),
        severity: None,
    }
}

//! A message that shows whether a channel works.

use serde_json::{Value, json};

use super::Test;

impl Test<'_> {
    pub(super) fn text(&self) -> String {
        format!(
            "This channel receives the messages of the environment {} in {}. There is nothing to do.",
            self.environment, self.region
        )
    }

    /// The payload of an event to `PagerDuty`.
    pub(super) fn pagerduty(&self) -> Value {
        json!({
            "payload": {
                "summary": self.title(),
                "source": "tag-compliance",
                "severity": "info",
                "class": "test",
                "custom_details": {"text": self.text()},
            },
            "links": [],
        })
    }

    /// An alert to Jira Service Management.
    pub(super) fn jsm(&self) -> Value {
        json!({
            "message": self.title(),
            "description": self.text(),
            "priority": "P5",
            "source": "tag-compliance",
            "tags": ["tag-compliance", "test"],
        })
    }
}

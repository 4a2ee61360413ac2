//! Notifications for Slack and Microsoft Teams by Amazon Q Developer in chat applications, as its custom
//! notifications (<https://docs.aws.amazon.com/chatbot/latest/adminguide/custom-notifs.html>).
//!
//! It renders the Markdown of whichever chat it posts to. So text from outside is only between fences, in which
//! neither chat formats or links anything, without backticks, and with `&`, `<` and `>` as the entities that
//! Slack demands (<https://docs.slack.dev/messaging/formatting-message-text>).

use serde_json::{Value, json};

use super::Notification;
use super::card::{Card, Section, Step};
use crate::policy::document::Severity;

/// The most characters of a title and of a description. They are ours: the event schema of the page above names no
/// lengths.
const MAX_TITLE: usize = 250;
const MAX_DESCRIPTION: usize = 8_000;
/// The most characters of a command; several have to fit.
const MAX_COMMAND: usize = 2_500;
/// The most instances that a notification names beside its text.
const MAX_RESOURCES: usize = 10;
const FENCE: &str = "```";

/// Renders a notification with its own id. Those with the same `thread_id` are a thread.
#[must_use]
pub fn render(notification: &Notification<'_>, id: &str, thread_id: &str) -> Value {
    let card = Card::of(notification).without_long_commands(MAX_COMMAND);
    let card = card.fitted(|card| description(card).chars().count() <= MAX_DESCRIPTION);
    let title: String = card.title.chars().take(MAX_TITLE).collect();
    let severity = card.severity.map(Severity::as_str);
    let context = severity.map_or_else(|| json!({}), |severity| json!({"severity": severity}));
    let keywords: Vec<_> = ["tag-compliance"].into_iter().chain(severity).collect();
    json!({
        "version": "1.0",
        "source": "custom",
        "id": id,
        "content": {
            "textType": "client-markdown",
            "title": title,
            "description": description(&card),
            "keywords": keywords,
        },
        "metadata": {
            "threadId": thread_id,
            "summary": title,
            "eventType": event_type(notification),
            "relatedResources": resources(notification),
            "additionalContext": context,
        },
    })
}

/// The kind of the notification, for custom actions: letters, digits and hyphens
/// (<https://docs.aws.amazon.com/chatbot/latest/APIReference/API_CustomActionAttachment.html>).
fn event_type(notification: &Notification<'_>) -> &'static str {
    match notification {
        Notification::Alert(_) | Notification::Alerts(_) => "tag-compliance-alert",
        Notification::Digest(_) => "tag-compliance-digest",
        Notification::Test(_) => "tag-compliance-test",
    }
}

/// The ids of the first instances that it is about.
fn resources<'a>(notification: &Notification<'a>) -> Vec<&'a str> {
    match notification {
        Notification::Alert(alert) => vec![alert.subject.instance.id.as_str()],
        Notification::Alerts(alerts) => {
            let changes = alerts.changes.iter().take(MAX_RESOURCES);
            changes.map(|change| change.id.as_str()).collect()
        }
        Notification::Digest(_) | Notification::Test(_) => Vec::new(),
    }
}

/// What to do stands before the details.
fn description(card: &Card) -> String {
    let summary = card.summary.iter().map(|summary| fenced([summary.clone()]));
    let steps = card.steps.iter().map(of_step);
    let mut sections = card.sections.iter().flat_map(of_section).peekable();
    let has_sections = sections.peek().is_some();
    let sections = has_sections.then(|| fenced(sections.chain(card.note())));
    let facts = card.facts.iter();
    let facts = fenced(facts.map(|fact| format!("{}: {}", fact.name, fact.value)));
    let page = card.page.as_ref();
    let page = page.map(|page| format!("{}: {}", page.text, page.url));
    let parts = summary.chain(steps).chain(sections).chain([facts]);
    parts.chain(page).collect::<Vec<_>>().join("\n")
}

/// The place, then each command by itself, so that it can be copied.
fn of_step(step: &Step) -> String {
    let what = format!("{}:", step.what);
    let place = step.place.clone().map(|place| fenced([place]));
    let commands = step.commands.iter();
    let commands = commands.map(|command| fenced([command.clone()]));
    let parts = [what]
        .into_iter()
        .chain(place)
        .chain(commands)
        .chain(step.note());
    parts.collect::<Vec<_>>().join("\n")
}

fn of_section(section: &Section) -> Vec<String> {
    let heading = format!("{}:", section.heading);
    if let Some(only) = section.only_text() {
        return vec![format!("{heading} {only}")];
    }
    let advice = section.advice.iter().map(|advice| format!("  {advice}"));
    let lines = section.lines.iter().map(|line| match &line.link {
        Some(page) => format!("  {}{}", page.text, line.text),
        None => format!("  {}", line.text),
    });
    let note = section.note().map(|note| format!("  {note}"));
    let lines = [heading].into_iter().chain(advice).chain(lines);
    lines.chain(note).collect()
}

/// Lines as they are shown between fences.
fn fenced(lines: impl IntoIterator<Item = String>) -> String {
    let lines: Vec<_> = lines.into_iter().map(|line| escaped(&line)).collect();
    format!("{FENCE}\n{}\n{FENCE}", lines.join("\n"))
}

/// What Slack reads as this text. A backtick, which no command has, becomes a mark that looks like it.
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('`', "\u{2cb}")
}

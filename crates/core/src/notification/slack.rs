//! Notifications for Slack, as text and blocks of `chat.postMessage`.
//!
//! Text from outside is only in `rich_text`, whose `text` elements Slack shows as they are: a mention, a link or
//! an emoji there is an element of its own, and so is a code block (`rich_text_preformatted`), whose text is
//! copied as it was sent (<https://docs.slack.dev/reference/block-kit/blocks/rich-text-block>). In `mrkdwn`,
//! Slack would read `*`, `_`, `~` and backticks, for which it has no escape
//! (<https://docs.slack.dev/messaging/formatting-message-text>).

use serde_json::{Value, json};

use super::Notification;
use super::card::{Card, Line, Page, SEPARATOR, Section, Step};

/// The most characters of a header's text (<https://docs.slack.dev/reference/block-kit/blocks/header-block>).
const MAX_HEADER: usize = 150;
/// The most characters of all texts of a message, less some for what others count differently: Slack documents
/// no number, and refuses messages from 13,200 on (<https://github.com/slackapi/bolt-js/issues/2509>).
const MAX_CHARACTERS: usize = 12_500;
/// The most characters of a command. Slack documents no limit for `rich_text`, so it is that of a section's text
/// (<https://docs.slack.dev/reference/block-kit/blocks/section-block>).
const MAX_COMMAND: usize = 3_000;

/// Renders a notification: `text` for notifications and screen readers, and `blocks` to show.
///
/// There are at most 50 blocks (<https://docs.slack.dev/reference/block-kit/blocks>): a card has at most twenty
/// sections.
#[must_use]
pub fn render(notification: &Notification<'_>) -> Value {
    let card = Card::of(notification).without_long_commands(MAX_COMMAND);
    let card = card.fitted(|card| characters(&blocks(card)) <= MAX_CHARACTERS);
    json!({"text": card.title, "blocks": blocks(&card)})
}

fn blocks(card: &Card) -> Value {
    let title: String = card.title.chars().take(MAX_HEADER).collect();
    let header = json!({
        "type": "header",
        "text": {"type": "plain_text", "text": title, "emoji": false},
    });
    let summary = card.summary.as_ref();
    let summary = summary.map(|summary| block([paragraph([text(summary)])]));
    let facts = block([paragraph(facts(card))]);
    let steps = card.steps.iter().map(|step| block(of_step(step)));
    let sections = card
        .sections
        .iter()
        .map(|section| block(of_section(section)));
    let note = card.note().map(|note| block([paragraph([text(&note)])]));
    let page = card
        .page
        .as_ref()
        .map(|page| block([paragraph([link(page)])]));
    [header]
        .into_iter()
        .chain(summary)
        .chain([facts])
        .chain(steps)
        .chain(sections)
        .chain(note)
        .chain(page)
        .collect()
}

/// The facts in a row, each with its name in bold, which no text from outside is.
fn facts(card: &Card) -> Vec<Value> {
    let mut elements = Vec::new();
    for (index, fact) in card.facts.iter().enumerate() {
        elements.extend((index > 0).then(|| text(SEPARATOR)));
        elements.push(bold(&format!("{}: ", fact.name)));
        elements.push(match &fact.url {
            Some(url) => link(&Page {
                text: fact.value.clone(),
                url: url.clone(),
            }),
            None => text(&fact.value),
        });
    }
    elements
}

fn of_step(step: &Step) -> Vec<Value> {
    let commands = step.commands.iter();
    let commands = commands
        .map(|command| json!({"type": "rich_text_preformatted", "elements": [text(command)]}));
    let note = step.note().map(|note| paragraph([text(&note)]));
    let mut what = vec![bold(&format!("{}: ", step.what))];
    what.extend(step.place.as_deref().map(text));
    [paragraph(what)]
        .into_iter()
        .chain(commands)
        .chain(note)
        .collect()
}

fn of_section(section: &Section) -> Vec<Value> {
    let heading = bold(&format!("{}: ", section.heading));
    if let Some(only) = section.only_text() {
        return vec![paragraph([heading, text(only)])];
    }
    let advice = section.advice.as_ref();
    let advice = advice.map(|advice| paragraph([text(advice)]));
    let note = section.note().map(|note| paragraph([text(&note)]));
    let lines: Vec<_> = section
        .lines
        .iter()
        .map(|line| paragraph(of_line(line)))
        .collect();
    let lines = json!({"type": "rich_text_list", "style": "bullet", "elements": lines});
    [paragraph([heading])]
        .into_iter()
        .chain(advice)
        .chain([lines])
        .chain(note)
        .collect()
}

fn of_line(line: &Line) -> Vec<Value> {
    let page = line.link.as_ref().map(link);
    page.into_iter().chain([text(&line.text)]).collect()
}

fn block(elements: impl IntoIterator<Item = Value>) -> Value {
    let elements: Vec<_> = elements.into_iter().collect();
    json!({"type": "rich_text", "elements": elements})
}

fn paragraph(elements: impl IntoIterator<Item = Value>) -> Value {
    let elements: Vec<_> = elements.into_iter().collect();
    json!({"type": "rich_text_section", "elements": elements})
}

fn text(text: &str) -> Value {
    json!({"type": "text", "text": text})
}

fn bold(text: &str) -> Value {
    json!({"type": "text", "text": text, "style": {"bold": true}})
}

fn link(page: &Page) -> Value {
    json!({"type": "link", "url": page.url, "text": page.text})
}

/// How long all texts are together, in UTF-16 code units, of which no counting makes more.
fn characters(value: &Value) -> usize {
    match value {
        Value::Object(fields) => fields
            .iter()
            .map(|(name, value)| match value {
                Value::String(text) if name == "text" => text.encode_utf16().count(),
                _ => characters(value),
            })
            .sum(),
        Value::Array(values) => values.iter().map(characters).sum(),
        _ => 0,
    }
}

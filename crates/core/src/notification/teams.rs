//! Notifications for Microsoft Teams, as the message of a Workflows webhook with an Adaptive Card.
//!
//! Text from outside is only in a `RichTextBlock`, which does not read Markdown
//! (<https://learn.microsoft.com/adaptive-cards/authoring-cards/text-features>): clients differ in how they read a
//! backslash before `*` or `_` in a `TextBlock` (<https://github.com/microsoft/AdaptiveCards/issues/5590>). A
//! mention would have to be among the card's `entities`. Commands are in monospace: `CodeBlock` is not part of
//! the schema, and mobile clients don't show it.

use serde_json::{Value, json};

use super::Notification;
use super::card::{Card, Line, Page, SEPARATOR, Section, Step};
use crate::policy::document::Severity;

/// The most bytes of a message
/// (<https://learn.microsoft.com/microsoftteams/platform/webhooks-and-connectors/how-to/add-incoming-webhook>).
const MAX_BYTES: usize = 28 * 1024;
/// The most characters of a command; several have to fit.
const MAX_COMMAND: usize = 6_000;

/// Renders a notification as a message with a card of version 1.5, the latest that Teams shows everywhere
/// (<https://learn.microsoft.com/microsoftteams/platform/task-modules-and-cards/cards/cards-reference>).
#[must_use]
pub fn render(notification: &Notification<'_>) -> Value {
    let card = Card::of(notification).without_long_commands(MAX_COMMAND);
    let card = card.fitted(|card| bytes(&message(card)) < MAX_BYTES);
    message(&card)
}

fn message(card: &Card) -> Value {
    json!({
        "type": "message",
        "attachments": [{
            "contentType": "application/vnd.microsoft.card.adaptive",
            "contentUrl": null,
            "content": content(card),
        }],
    })
}

fn content(card: &Card) -> Value {
    let title = json!({
        "type": "TextBlock",
        "text": card.title,
        "style": "heading",
        "size": "large",
        "weight": "bolder",
        "color": color(card.severity),
        "wrap": true,
    });
    let summary = card.summary.as_ref().map(|summary| rich(runs(summary)));
    let steps = card.steps.iter().map(of_step);
    let sections = card.sections.iter().map(of_section);
    let note = card.note().map(|note| rich([run(&note)]));
    let body = [title]
        .into_iter()
        .chain(summary)
        .chain([facts(card)])
        .chain(steps)
        .chain(sections);
    let open = card.page.as_ref().map(open);
    json!({
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "type": "AdaptiveCard",
        "version": "1.5",
        "msteams": {"width": "Full"},
        "fallbackText": card.title,
        "body": body.chain(note).collect::<Vec<_>>(),
        "actions": open.into_iter().collect::<Vec<_>>(),
    })
}

fn color(severity: Option<Severity>) -> &'static str {
    match severity {
        Some(Severity::Critical | Severity::High) => "attention",
        Some(Severity::Medium) => "warning",
        Some(Severity::Low) => "accent",
        None => "default",
    }
}

/// The facts in a row, each with its name in bold, which no text from outside is.
fn facts(card: &Card) -> Value {
    let mut inlines = Vec::new();
    for (index, fact) in card.facts.iter().enumerate() {
        inlines.extend((index > 0).then(|| run(SEPARATOR)));
        inlines.push(bold(&format!("{}: ", fact.name)));
        match &fact.url {
            Some(url) => inlines.push(link(&fact.value, url)),
            None => inlines.extend(runs(&fact.value)),
        }
    }
    rich(inlines)
}

fn of_step(step: &Step) -> Value {
    let commands = step.commands.iter();
    let commands = commands.map(|command| {
        let code = |text: &str| json!({"type": "TextRun", "text": text, "fontType": "monospace", "size": "small"});
        let code = rich(literal(command).map(code));
        json!({"type": "Container", "style": "emphasis", "items": [code]})
    });
    let note = step.note().map(|note| rich([run(&note)]));
    let what = [bold(&format!("{}: ", step.what))].into_iter();
    let place = step.place.iter().flat_map(|place| runs(place));
    let items = [rich(what.chain(place))]
        .into_iter()
        .chain(commands)
        .chain(note);
    json!({"type": "Container", "items": items.collect::<Vec<_>>()})
}

fn of_section(section: &Section) -> Value {
    let heading = format!("{}: ", section.heading);
    let heading = literal(&heading).map(bold);
    if let Some(only) = section.only_text() {
        return rich(heading.chain(runs(only)));
    }
    let heading = rich(heading);
    let advice = section.advice.as_ref().map(|advice| rich(runs(advice)));
    let lines = section.lines.iter().map(of_line);
    let note = section.note().map(|note| rich([run(&note)]));
    let items = [heading].into_iter().chain(advice).chain(lines).chain(note);
    json!({"type": "Container", "items": items.collect::<Vec<_>>()})
}

fn of_line(line: &Line) -> Value {
    let page = line.link.as_ref();
    let page = page.map(|page| link(&page.text, &page.url));
    let inlines = [run("• ")].into_iter().chain(page).chain(runs(&line.text));
    let mut line = rich(inlines);
    line["spacing"] = json!("small");
    line
}

fn rich(inlines: impl IntoIterator<Item = Value>) -> Value {
    let inlines: Vec<_> = inlines.into_iter().collect();
    json!({"type": "RichTextBlock", "inlines": inlines})
}

fn runs(text: &str) -> Vec<Value> {
    literal(text).map(run).collect()
}

/// The text in parts that are shown as they are: a card replaces `{{DATE(…)}}` and `{{TIME(…)}}`
/// (<https://learn.microsoft.com/adaptive-cards/authoring-cards/text-features>), so no part has `{{`.
fn literal(text: &str) -> impl Iterator<Item = &str> {
    let brace = |(index, _)| index + 1;
    let mut ends: Vec<_> = text.match_indices('{').map(brace).collect();
    ends.retain(|end| text[*end..].starts_with('{'));
    ends.push(text.len());
    let mut start = 0;
    ends.into_iter().map(move |end| {
        let part = &text[start..end];
        start = end;
        part
    })
}

fn run(text: &str) -> Value {
    json!({"type": "TextRun", "text": text})
}

fn bold(text: &str) -> Value {
    json!({"type": "TextRun", "text": text, "weight": "bolder"})
}

/// The text is an id, as those of links are.
fn link(text: &str, url: &str) -> Value {
    json!({"type": "TextRun", "text": text, "color": "accent", "selectAction": {"type": "Action.OpenUrl", "url": url}})
}

fn open(page: &Page) -> Value {
    json!({"type": "Action.OpenUrl", "title": page.text, "url": page.url})
}

/// The size of a message in which all but ASCII is escaped: whoever passes it on may do that.
fn bytes(message: &Value) -> usize {
    let size = |character: char| match character {
        _ if character.is_ascii() => 1,
        _ => r"\uffff".len() * character.len_utf16(),
    };
    message.to_string().chars().map(size).sum()
}

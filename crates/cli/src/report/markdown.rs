//! A report as Markdown, as GitHub and GitLab read it.

use std::fmt::Write;

use tag_compliance_core::text::{OneLine, Untrusted};

use super::{Report, Row, fixes};
use crate::shown;

pub fn render(report: &Report<'_>) -> String {
    let mut text = String::new();
    let mut line = |line: &str| {
        // Writing to a string does not fail.
        let _ = writeln!(text, "{line}");
    };
    line("## EC2 tag compliance\n");
    line(&format!("**{}**\n", report.summary()));
    line(&format!(
        "Regions {}; {}; policy {} (`{}`).",
        safe(&report.regions.join(", ")),
        report.made_at,
        safe(&report.policy_name),
        shown::short(report.policy.fingerprint()),
    ));
    if !report.unread.is_empty() {
        line("\n### Regions that could not be read\n");
        line("| Region | Error |");
        line("|---|---|");
    }
    for unread in report.unread {
        let (region, error) = (safe(&unread.region), safe(&unread.reason()));
        line(&format!("| {region} | {error} |"));
    }
    if !report.rows.is_empty() {
        line("\n| Instance | Name | Region | State | Age | Owner | Status | Violations |");
        line("|---|---|---|---|---|---|---|---|");
    }
    for row in &report.rows {
        line(&format!("| {} |", cells(row).join(" | ")));
    }
    let places = fixes::of(report);
    if !places.is_empty() {
        line("\n### Where to fix it");
    }
    for place in places {
        line(&format!(
            "\nMade by {}, in {} (violations: {}). Next launch: {}.\n",
            safe(&place.made_by),
            safe(&place.region),
            place.violations,
            safe(&place.next_launch),
        ));
        // A command holds neither a backtick nor the end of a line.
        line("```sh");
        for command in place.commands.iter().chain(&place.next_launch_commands) {
            line(command);
        }
        line("```");
    }
    if !report.expired_exemptions.is_empty() {
        line("\n### Expired exemptions\n");
        line("| Owner | Expired | Reason | Violations |");
        line("|---|---|---|---|");
    }
    for (exemption, violations) in &report.expired_exemptions {
        line(&format!(
            "| {} | {} | {} | {violations} |",
            safe(&exemption.owner),
            exemption.expires,
            safe(&exemption.reason),
        ));
    }
    text
}

fn cells(row: &Row<'_>) -> [String; 8] {
    let violations: Vec<_> = shown::violations(&row.evaluation)
        .iter()
        .map(|violation| safe(violation))
        .collect();
    let status = match row.severity() {
        None => row.status().to_string(),
        Some(severity) => format!("{} ({severity})", row.status()),
    };
    [
        format!("`{}`", row.instance.id),
        safe(row.name().map_or("", Untrusted::raw)),
        safe(row.region),
        row.instance.state.to_string(),
        row.age().unwrap_or_default(),
        safe(row.owner.map_or("", Untrusted::raw)),
        status,
        violations.join("<br>"),
    ]
}

/// On one line of plain text: no table, link, mention or HTML.
fn safe(text: &str) -> String {
    let text = OneLine(text).to_string();
    let mut safe = String::with_capacity(text.len());
    for (at, character) in text.char_indices() {
        match character {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            // A space of no width: what follows is nobody's name or address, and makes no link.
            '@' => {
                safe.push('@');
                safe.push_str(NO_WIDTH);
            }
            ':' if text[at..].starts_with("://") => {
                safe.push(':');
                safe.push_str(NO_WIDTH);
            }
            '.' if ends_with_www(&text[..at]) => {
                safe.push_str(NO_WIDTH);
                safe.push('.');
            }
            '\\' | '|' | '`' | '*' | '_' | '~' | '[' | ']' | '$' | '#' => {
                safe.push('\\');
                safe.push(character);
            }
            other => safe.push(other),
        }
    }
    safe
}

const NO_WIDTH: &str = "&#8203;";

/// Whether a name of the web would begin with this text and a dot ("Autolinks", GitHub Flavored Markdown).
fn ends_with_www(text: &str) -> bool {
    let start = text
        .len()
        .checked_sub(3)
        .and_then(|start| text.get(start..));
    start.is_some_and(|start| start.eq_ignore_ascii_case("www"))
}

#[cfg(test)]
mod tests {
    use super::safe;

    #[test]
    fn text_is_plain_and_stays_in_its_cell() {
        for (text, expected) in [
            ("a|b", r"a\|b"),
            (r"a\|b", r"a\\\|b"),
            (
                "<img src=x onerror=alert(1)>",
                "&lt;img src=x onerror=alert(1)&gt;",
            ),
            ("a\n| b", r"a\\n\| b"),
            ("[x](https://a.example)", r"\[x\](https:&#8203;//a.example)"),
            ("see HTTP://a.example", "see HTTP:&#8203;//a.example"),
            ("www.a.example, WWW.b", "www&#8203;.a.example, WWW&#8203;.b"),
            ("ww.a awww.b é.c w.", "ww.a awww&#8203;.b é.c w."),
            (
                "Owner: mailto:a@b.example",
                "Owner: mailto:a@&#8203;b.example",
            ),
            ("a://b://c:d", "a:&#8203;//b:&#8203;//c:d"),
            ("@org/team", "@&#8203;org/team"),
            ("&lt;", "&amp;lt;"),
            (
                "*a* _b_ `c` ~d~ $e$ #1",
                r"\*a\* \_b\_ \`c\` \~d\~ \$e\$ \#1",
            ),
            ("web-server", "web-server"),
        ] {
            assert_eq!(safe(text), expected);
        }
    }
}

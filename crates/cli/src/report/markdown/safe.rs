//! Untrusted text in Markdown.

use tag_compliance_core::text::OneLine;

/// On one line of plain text: no table, link, mention or HTML.
pub fn safe(text: &str) -> String {
    let text = OneLine(text).to_string();
    let mut safe = String::with_capacity(text.len());
    for (at, character) in text.char_indices() {
        match character {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            // A zero-width space, so that no mention, address or link begins here.
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

/// Whether a web address would begin with this text and a dot ("Autolinks", GitHub Flavored Markdown).
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

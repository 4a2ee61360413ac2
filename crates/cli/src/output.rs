//! What goes to standard output, standard error and files.

use std::fmt::Write as _;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use anstream::adapter::strip_str;
use anstyle::{AnsiColor, Effects, Style};
use serde::Serialize;
use tag_compliance_core::text::OneLine;

/// Why something can't be written.
#[derive(Debug, thiserror::Error)]
pub enum OutputError {
    /// A file can't be written.
    #[error("{}: {source}", path.display())]
    Write { path: PathBuf, source: io::Error },
    /// Standard output can't be written.
    #[error("standard output: {0}")]
    Print(io::Error),
}

pub const BOLD: Style = Style::new().effects(Effects::BOLD);
pub const DIM: Style = Style::new().effects(Effects::DIMMED);
pub const GOOD: Style = AnsiColor::Green.on_default();
pub const WARN: Style = AnsiColor::Yellow.on_default();
pub const BAD: Style = AnsiColor::Red.on_default().effects(Effects::BOLD);

/// Writes a text to standard output, in color if that is wanted.
pub fn print(text: &str) -> Result<(), OutputError> {
    let mut stdout = anstream::stdout().lock();
    let written = stdout
        .write_all(text.as_bytes())
        .and_then(|()| stdout.flush());
    match written {
        // The reader has read enough, as `head` does.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        written => written.map_err(OutputError::Print),
    }
}

/// Writes a text to a file, without colors.
pub fn save(path: &Path, text: &str) -> Result<(), OutputError> {
    std::fs::write(path, strip_str(text).to_string()).map_err(|source| OutputError::Write {
        path: path.to_owned(),
        source,
    })
}

/// Writes an error to standard error.
pub fn error(text: &str) {
    message("error", BAD, text);
}

/// Writes a note to standard error.
pub fn note(text: &str) {
    message("note", BOLD, text);
}

/// Writes a warning to standard error.
pub fn warning(text: &str) {
    message("warning", WARN, text);
}

/// A value as JSON that is safe to show: what could trick a terminal is escaped, and the value stays the
/// same.
pub fn json(value: &impl Serialize) -> String {
    // Strings, numbers and times always serialize.
    escaped(&serde_json::to_string_pretty(value).unwrap_or_default())
}

/// The same on one line.
pub fn json_line(value: &impl Serialize) -> String {
    escaped(&serde_json::to_string(value).unwrap_or_default())
}

fn message(kind: &str, style: Style, text: &str) {
    let text = OneLine(text);
    // If standard error is closed, there is nobody left to tell.
    let _ = writeln!(anstream::stderr(), "{style}{kind}:{style:#} {text}");
}

fn escaped(json: &str) -> String {
    let mut safe = String::with_capacity(json.len() + 1);
    for character in json.chars() {
        let is_plain = matches!(character, ' '..='~' | '\n');
        if is_plain
            || OneLine(character.encode_utf8(&mut [0; 4]))
                .to_string()
                .len()
                <= 4
        {
            safe.push(character);
        } else {
            for unit in character.encode_utf16(&mut [0; 2]) {
                // Writing to a string does not fail.
                let _ = write!(safe, "\\u{unit:04x}");
            }
        }
    }
    safe.push('\n');
    safe
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::json;

    #[test]
    fn json_is_the_same_value_without_what_tricks_a_terminal() {
        let value = json!({"tag": "a\u{1b}[31m\u{9b}0m\u{202e}\u{7f}\u{e0041}é東🚀\n\t\"\\"});
        let text = json(&value);
        for hidden in ['\u{1b}', '\u{9b}', '\u{202e}', '\u{7f}', '\u{e0041}'] {
            assert!(!text.contains(hidden), "{hidden:?}");
        }
        assert!(text.contains("é東🚀"));
        assert_eq!(serde_json::from_str::<Value>(&text).unwrap(), value);
    }
}

//! How a scan writes what it found.

use std::path::Path;

use clap::ValueEnum;
use tag_compliance_core::text::OneLine;

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum ScanFormat {
    /// Columns for a terminal
    #[default]
    Table,
    /// A document for programs
    Json,
    /// A row per violation, for spreadsheets
    Csv,
    /// Tables for a pull request or a wiki
    Markdown,
    /// A self-contained page for browsers and printers
    Html,
    /// A shell script of the fixes that take no guess
    Fix,
}

impl ScanFormat {
    /// The requested format, or else the one of the output file's extension.
    ///
    /// # Errors
    /// The file's extension is unknown.
    pub fn of(asked_for: Option<Self>, output: Option<&Path>) -> Result<Self, UnknownEnding> {
        match (asked_for, output.and_then(Path::extension)) {
            (Some(format), _) => Ok(format),
            (None, None) => Ok(Self::default()),
            (None, Some(ending)) => {
                let ending = ending.to_string_lossy();
                of_ending(&ending.to_lowercase()).ok_or(UnknownEnding(ending.into_owned()))
            }
        }
    }
}

/// The file's extension names no format.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "--output: unknown extension .{}: expected .txt, .json, .csv, .md, .html or .sh, or --format",
    OneLine(.0)
)]
pub struct UnknownEnding(String);

fn of_ending(ending: &str) -> Option<ScanFormat> {
    Some(match ending {
        "txt" => ScanFormat::Table,
        "json" => ScanFormat::Json,
        "csv" => ScanFormat::Csv,
        "md" | "markdown" => ScanFormat::Markdown,
        "html" | "htm" => ScanFormat::Html,
        "sh" => ScanFormat::Fix,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_format_is_that_of_the_file_unless_it_is_given() {
        let of_file = |name: &str| ScanFormat::of(None, Some(Path::new(name)));
        for (name, expected) in [
            ("a.json", ScanFormat::Json),
            ("a.csv", ScanFormat::Csv),
            ("a.md", ScanFormat::Markdown),
            ("a.html", ScanFormat::Html),
            ("a.htm", ScanFormat::Html),
            ("a.MD", ScanFormat::Markdown),
            ("a.markdown", ScanFormat::Markdown),
            ("a.sh", ScanFormat::Fix),
            ("a.txt", ScanFormat::Table),
            ("a", ScanFormat::Table),
        ] {
            assert_eq!(of_file(name), Ok(expected), "{name}");
        }
        for name in ["a.html", "a.xls"] {
            let given = ScanFormat::of(Some(ScanFormat::Csv), Some(Path::new(name)));
            assert_eq!(given, Ok(ScanFormat::Csv));
        }
        assert_eq!(ScanFormat::of(None, None), Ok(ScanFormat::Table));
        assert_eq!(of_file("a.xlsx"), Err(UnknownEnding("xlsx".to_owned())));
    }
}

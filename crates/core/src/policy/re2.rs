//! Regular expressions as Terraform's engine reads them.
//!
//! Terraform checks the patterns of a policy first, by an engine of RE2's syntax
//! (<https://github.com/google/re2/wiki/Syntax>). The parser of `regex` knows more and less than
//! that, and means other things by `\d`, `\w`, `\s` and `\b`. So patterns are parsed here, by the
//! rules of that engine, into the tree that `regex` compiles: what one refuses both refuse, and what
//! both accept means the same. `tests/fixtures/patterns.json` holds what Terraform says.

mod classes;
mod counts;
mod escapes;
mod flags;
mod names;
mod parser;

use regex_syntax::hir::{Hir, Look};

pub use self::classes::Classes;

/// Parses an expression for whole values.
///
/// # Errors
/// What RE2 does not know, in words and on one line.
pub fn parse(text: &str, ignore_case: bool, classes: &mut Classes) -> Result<Hir, String> {
    let expression = parser::parse(text, ignore_case, classes)?;
    Ok(Hir::concat(vec![
        Hir::look(Look::Start),
        expression,
        Hir::look(Look::End),
    ]))
}

#[cfg(test)]
mod tests;

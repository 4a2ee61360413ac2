//! Regular expressions in RE2's syntax, as Terraform reads them.
//!
//! Terraform checks a policy's patterns first, with an engine of RE2's syntax
//! (<https://github.com/google/re2/wiki/Syntax>). The parser of the crate `regex` accepts other things, and gives
//! `\d`, `\w`, `\s` and `\b` other meanings. So this module parses patterns by the rules of Terraform's engine into
//! the tree that `regex` compiles: both refuse the same patterns, and the rest mean the same.
//! `tests/fixtures/patterns.json` records Terraform's results.

mod classes;
mod counts;
mod escapes;
mod flags;
mod names;
mod parser;

use regex_syntax::hir::{Hir, Look};

pub use self::classes::Classes;

/// Parses an expression that has to match a whole value.
///
/// # Errors
/// What RE2 doesn't support, on one line.
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

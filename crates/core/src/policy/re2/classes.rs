//! Character classes, with or without regard to case.

use std::collections::HashMap;
use std::ops::RangeInclusive;

use regex_syntax::hir::{Class, ClassUnicode, ClassUnicodeRange, Hir, HirKind};

use super::names::{CATEGORIES, SCRIPTS};

/// Perl's classes, in ASCII; `\s` leaves out the vertical tab.
const PERL: &[(char, &[RangeInclusive<char>])] = &[
    ('d', &['0'..='9']),
    ('s', &['\t'..='\n', '\x0c'..='\r', ' '..=' ']),
    ('w', &['0'..='9', 'A'..='Z', '_'..='_', 'a'..='z']),
];

/// The POSIX classes, in ASCII.
const POSIX: &[(&str, &[RangeInclusive<char>])] = &[
    ("alnum", &['0'..='9', 'A'..='Z', 'a'..='z']),
    ("alpha", &['A'..='Z', 'a'..='z']),
    ("ascii", &['\0'..='\x7f']),
    ("blank", &['\t'..='\t', ' '..=' ']),
    ("cntrl", &['\0'..='\x1f', '\x7f'..='\x7f']),
    ("digit", &['0'..='9']),
    ("graph", &['!'..='~']),
    ("lower", &['a'..='z']),
    ("print", &[' '..='~']),
    ("punct", &['!'..='/', ':'..='@', '['..='`', '{'..='~']),
    ("space", &['\t'..='\r', ' '..=' ']),
    ("upper", &['A'..='Z']),
    ("word", &['0'..='9', 'A'..='Z', '_'..='_', 'a'..='z']),
    ("xdigit", &['0'..='9', 'A'..='F', 'a'..='f']),
];

/// The Unicode classes used so far, by name and case sensitivity, since building one takes up to 0.1 ms.
#[derive(Debug, Default)]
pub struct Classes(HashMap<(String, bool), ClassUnicode>);

impl Classes {
    /// The class of this name, if RE2 knows it.
    pub fn get(&mut self, name: &str, ignore_case: bool) -> Option<ClassUnicode> {
        if !CATEGORIES.contains(&name) && !SCRIPTS.contains(&name) {
            return None;
        }
        let class = self.0.entry((name.to_owned(), ignore_case));
        let class = class.or_insert_with(|| in_any_case(unicode(name), ignore_case));
        Some(class.clone())
    }
}

/// A class under construction.
#[derive(Debug)]
pub struct Set {
    class: ClassUnicode,
    ignore_case: bool,
}

impl Set {
    /// An empty class. If case is ignored, each added character counts in every case.
    pub fn new(ignore_case: bool) -> Self {
        Self {
            class: ClassUnicode::empty(),
            ignore_case,
        }
    }

    /// Adds a range of code points. Surrogates are skipped.
    pub fn add_range(&mut self, first: u32, last: u32) {
        let before = (first, last.min(0xd7ff));
        let after = (first.max(0xe000), last);
        let ranges = [before, after].into_iter();
        let ranges = ranges.filter(|(first, last)| first <= last);
        let characters = |(first, last)| char::from_u32(first).zip(char::from_u32(last));
        let ranges = ranges.filter_map(characters);
        let ranges = ranges.map(|(first, last)| ClassUnicodeRange::new(first, last));
        self.add(ClassUnicode::new(ranges), false);
    }

    /// Adds a class. If it is negated, adds all characters except its own in any case.
    fn add(&mut self, class: ClassUnicode, is_negated: bool) {
        self.add_folded(in_any_case(class, self.ignore_case), is_negated);
    }

    fn add_folded(&mut self, mut class: ClassUnicode, is_negated: bool) {
        if is_negated {
            class.negate();
        }
        self.class.union(&class);
    }

    /// Adds the Perl class of this letter; returns whether there is one.
    pub fn add_perl(&mut self, letter: char) -> bool {
        let name = letter.to_ascii_lowercase();
        let found = PERL.iter().find(|(of, _)| *of == name);
        if let Some((_, ranges)) = found {
            self.add(class(ranges), letter != name);
        }
        found.is_some()
    }

    /// Adds the POSIX class of this name, which begins with `^` if negated.
    ///
    /// # Errors
    /// There is no such class.
    pub fn add_posix(&mut self, name: &str) -> Result<(), String> {
        let plain = name.strip_prefix('^');
        let of = plain.unwrap_or(name);
        let found = POSIX.iter().find(|(posix, _)| *posix == of);
        let (_, ranges) = found.ok_or_else(|| format!("RE2 does not support [:{name}:]"))?;
        self.add(class(ranges), plain.is_some());
        Ok(())
    }

    /// Adds the Unicode class of this name, which begins with `^` if negated.
    ///
    /// # Errors
    /// RE2 knows no class of this name.
    pub fn add_unicode(
        &mut self,
        classes: &mut Classes,
        name: &str,
        is_negated: bool,
    ) -> Result<(), String> {
        const UNKNOWN: &str = "RE2 does not support this character class: \\p takes a general \
                               category such as Lu, or a script such as Greek";
        let plain = name.strip_prefix('^');
        let class = classes.get(plain.unwrap_or(name), self.ignore_case);
        self.add_folded(class.ok_or(UNKNOWN)?, is_negated != plain.is_some());
        Ok(())
    }

    /// Negates the class.
    pub fn negate(&mut self) {
        self.class.negate();
    }

    /// The expression that matches one of its characters.
    pub fn into_hir(self) -> Hir {
        Hir::class(Class::Unicode(self.class))
    }
}

fn class(ranges: &[RangeInclusive<char>]) -> ClassUnicode {
    let ranges = ranges.iter();
    ClassUnicode::new(ranges.map(|range| ClassUnicodeRange::new(*range.start(), *range.end())))
}

fn in_any_case(mut class: ClassUnicode, ignore_case: bool) -> ClassUnicode {
    if ignore_case {
        class.case_fold_simple();
    }
    class
}

/// A Unicode class by its name.
fn unicode(name: &str) -> ClassUnicode {
    let parts: &[&str] = match name {
        // Without unassigned code points, which other engines include.
        "C" => &["Cc", "Cf", "Co"],
        // No text holds a surrogate.
        "Cs" => &[],
        name => &[name],
    };
    let mut class = ClassUnicode::empty();
    for part in parts {
        // Parsed as a complement, because a class of one character would be parsed as a literal.
        let complement = regex_syntax::parse(&format!(r"\P{{{part}}}"));
        let mut part = match complement.map(Hir::into_kind) {
            Ok(HirKind::Class(Class::Unicode(complement))) => complement,
            _ => ClassUnicode::empty(),
        };
        part.negate();
        class.union(&part);
    }
    class
}

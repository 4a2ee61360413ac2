//! The parser: one pass without recursion, as in Terraform's engine (Go's `regexp/syntax`).

use std::mem;

use regex_syntax::hir::{Dot, Hir, Look, Repetition};

use super::classes::{Classes, Set};
use super::counts::{Counts, MAX_REPETITIONS, too_often};
use super::escapes;
use super::flags::Flags;

/// Parses an expression.
pub fn parse(text: &str, ignore_case: bool, classes: &mut Classes) -> Result<Hir, String> {
    let mut parser = Parser {
        rest: text,
        classes,
        flags: Flags {
            ignore_case,
            ..Flags::default()
        },
        group: Group::default(),
        outer: Vec::new(),
    };
    let mut is_repeated = false;
    while let Some(next) = parser.rest.chars().next() {
        is_repeated = parser.item(next, is_repeated)?;
    }
    if parser.outer.is_empty() {
        Ok(parser.group.end().hir)
    } else {
        Err("unclosed group: a ( without its )".to_owned())
    }
}

/// A part of the expression, which may be repeated.
#[derive(Debug)]
struct Part {
    hir: Hir,
    /// The product of all nested repetition counts within it.
    repeats: u32,
}

impl Part {
    fn once(hir: Hir) -> Self {
        Self { hir, repeats: 1 }
    }
}

/// An open group: its alternatives, of which the last is still being read.
#[derive(Debug, Default)]
struct Group {
    alternatives: Vec<Part>,
    sequence: Vec<Part>,
    /// The flags that apply again after it.
    flags: Flags,
}

impl Group {
    fn end_alternative(&mut self) {
        let (parts, repeats) = split(mem::take(&mut self.sequence));
        self.alternatives.push(Part {
            hir: Hir::concat(parts),
            repeats,
        });
    }

    fn end(mut self) -> Part {
        self.end_alternative();
        let (alternatives, repeats) = split(self.alternatives);
        Part {
            hir: Hir::alternation(alternatives),
            repeats,
        }
    }
}

fn split(parts: Vec<Part>) -> (Vec<Hir>, u32) {
    let repeats = parts.iter().map(|part| part.repeats).max();
    let hirs = parts.into_iter().map(|part| part.hir);
    (hirs.collect(), repeats.unwrap_or(1))
}

struct Parser<'a> {
    rest: &'a str,
    classes: &'a mut Classes,
    flags: Flags,
    /// The innermost open group; at the outermost level, the expression itself.
    group: Group,
    /// The groups around it.
    outer: Vec<Group>,
}

impl Parser<'_> {
    /// Reads the part that begins with this character; returns whether it is a repetition.
    fn item(&mut self, next: char, is_repeated: bool) -> Result<bool, String> {
        match next {
            '*' => return self.simply_repeat(0, None, is_repeated),
            '+' => return self.simply_repeat(1, None, is_repeated),
            '?' => return self.simply_repeat(0, Some(1), is_repeated),
            '{' => {
                if let Some((counts, rest)) = Counts::read(self.rest) {
                    self.rest = rest;
                    return self.repeat(counts.checked()?, is_repeated);
                }
                // A brace that is no count is an ordinary character.
                self.skip(1);
                self.literal(u32::from('{'));
            }
            '(' if self.rest.starts_with("(?") => self.flagged_group()?,
            '(' => {
                self.skip(1);
                self.open(self.flags);
            }
            '|' => {
                self.skip(1);
                self.group.end_alternative();
            }
            ')' => self.close()?,
            '[' => self.class()?,
            '\\' => self.escape()?,
            '^' if self.flags.multi_line => self.look(1, Look::StartLF),
            '^' => self.look(1, Look::Start),
            '$' if self.flags.multi_line => self.look(1, Look::EndLF),
            '$' => self.look(1, Look::End),
            '.' => {
                self.skip(1);
                self.push(Hir::dot(if self.flags.dot_matches_new_line {
                    Dot::AnyChar
                } else {
                    Dot::AnyCharExceptLF
                }));
            }
            literal => {
                self.skip(literal.len_utf8());
                self.literal(u32::from(literal));
            }
        }
        Ok(false)
    }

    fn skip(&mut self, length: usize) {
        self.rest = &self.rest[length..];
    }

    fn push(&mut self, hir: Hir) {
        self.group.sequence.push(Part::once(hir));
    }

    fn look(&mut self, length: usize, look: Look) {
        self.skip(length);
        self.push(Hir::look(look));
    }

    fn literal(&mut self, code_point: u32) {
        let mut set = Set::new(self.flags.ignore_case);
        set.add_range(code_point, code_point);
        self.push(set.into_hir());
    }

    /// Opens a group with these flags.
    fn open(&mut self, flags: Flags) {
        let inner = Group {
            flags: mem::replace(&mut self.flags, flags),
            ..Group::default()
        };
        self.outer.push(mem::replace(&mut self.group, inner));
    }

    fn close(&mut self) -> Result<(), String> {
        self.skip(1);
        let outer = self.outer.pop();
        let outer = outer.ok_or("unopened group: a ) without its (")?;
        let group = mem::replace(&mut self.group, outer);
        self.flags = group.flags;
        self.group.sequence.push(group.end());
        Ok(())
    }

    fn simply_repeat(
        &mut self,
        least: u32,
        most: Option<u32>,
        is_repeated: bool,
    ) -> Result<bool, String> {
        self.skip(1);
        self.repeat(Counts { least, most }, is_repeated)
    }

    /// Repeats the part before the operator.
    fn repeat(&mut self, counts: Counts, is_repeated: bool) -> Result<bool, String> {
        // Greedy or lazy makes no difference when the whole value has to match.
        self.rest = self.rest.strip_prefix('?').unwrap_or(self.rest);
        if is_repeated {
            return Err("RE2 does not allow repeating a repetition, as in a**".to_owned());
        }
        let part = self.group.sequence.pop();
        let part = part.ok_or("there is nothing before the repetition")?;
        let repeats = match counts.most {
            Some(0) => 1,
            _ => part.repeats * counts.asked().max(1),
        };
        if repeats > MAX_REPETITIONS {
            return Err(too_often());
        }
        let hir = Hir::repetition(Repetition {
            min: counts.least,
            max: counts.most,
            greedy: true,
            sub: Box::new(part.hir),
        });
        self.group.sequence.push(Part { hir, repeats });
        Ok(true)
    }

    /// Reads what follows `(?`: a name, flags, or flags with a group.
    fn flagged_group(&mut self) -> Result<(), String> {
        let after = &self.rest[2..];
        let named = after.strip_prefix("P<").or_else(|| after.strip_prefix('<'));
        let is_look_around =
            after.starts_with(['=', '!']) || after.starts_with("<=") || after.starts_with("<!");
        if is_look_around {
            return Err("RE2 does not support look-around".to_owned());
        }
        if let Some(named) = named {
            let is_letter = |char: char| char == '_' || char.is_ascii_alphanumeric();
            let (name, rest) = named.split_once('>').unwrap_or_default();
            if name.is_empty() || !name.chars().all(is_letter) {
                return Err("a group's name may have only letters, digits and _".to_owned());
            }
            self.rest = rest;
            self.open(self.flags);
            return Ok(());
        }
        let end = after.find([':', ')']);
        let (written, rest) = end.map_or((after, ""), |end| after.split_at(end));
        let flags = self.flags.changed_by(written).filter(|_| end.is_some());
        let flags = flags.ok_or("RE2 supports only the flags i, m, s and U")?;
        self.rest = &rest[1..];
        if rest.starts_with(':') {
            self.open(flags);
        } else {
            self.flags = flags;
        }
        Ok(())
    }

    fn escape(&mut self) -> Result<(), String> {
        let mut after = self.rest.chars();
        after.next();
        match after.next() {
            Some('A') => self.look(2, Look::Start),
            Some('z') => self.look(2, Look::End),
            Some('b') => self.look(2, Look::WordAscii),
            Some('B') => self.look(2, Look::WordAsciiNegate),
            Some('Q') => {
                let quoted = after.as_str();
                let (quoted, rest) = quoted.split_once(r"\E").unwrap_or((quoted, ""));
                for character in quoted.chars() {
                    self.literal(u32::from(character));
                }
                self.rest = rest;
            }
            _ => {
                let mut set = Set::new(self.flags.ignore_case);
                if !self.named_class(&mut set)? {
                    let (code_point, rest) = escapes::read(self.rest)?;
                    set.add_range(code_point, code_point);
                    self.rest = rest;
                }
                self.push(set.into_hir());
            }
        }
        Ok(())
    }

    /// Reads a named class such as `\d` or `\p{Greek}`, if there is one.
    fn named_class(&mut self, set: &mut Set) -> Result<bool, String> {
        let Some(escaped) = self.rest.strip_prefix('\\') else {
            return Ok(false);
        };
        let mut after = escaped.chars();
        let letter = after.next().unwrap_or_default();
        let after = after.as_str();
        if let 'p' | 'P' = letter {
            let (name, rest) = match after.strip_prefix('{') {
                Some(braced) => braced.split_once('}').ok_or("unclosed \\p{")?,
                None => after.split_at(after.chars().next().map_or(0, char::len_utf8)),
            };
            set.add_unicode(self.classes, name, letter == 'P')?;
            self.rest = rest;
            return Ok(true);
        }
        let is_class = set.add_perl(letter);
        if is_class {
            self.rest = after;
        }
        Ok(is_class)
    }

    /// Reads a class in brackets.
    fn class(&mut self) -> Result<(), String> {
        self.skip(1);
        let mut set = Set::new(self.flags.ignore_case);
        let negated = self.rest.strip_prefix('^');
        self.rest = negated.unwrap_or(self.rest);
        let mut is_first = true;
        // As the first character, ] is an ordinary one.
        while is_first || !self.rest.starts_with(']') {
            is_first = false;
            if !self.posix_class(&mut set)? && !self.named_class(&mut set)? {
                self.range(&mut set)?;
            }
        }
        self.skip(1);
        if negated.is_some() {
            set.negate();
        }
        self.push(set.into_hir());
        Ok(())
    }

    fn posix_class(&mut self, set: &mut Set) -> Result<bool, String> {
        let name = self
            .rest
            .strip_prefix("[:")
            .and_then(|it| it.split_once(":]"));
        let Some((name, rest)) = name else {
            return Ok(false);
        };
        set.add_posix(name)?;
        self.rest = rest;
        Ok(true)
    }

    /// Reads a character of a class, or a range.
    fn range(&mut self, set: &mut Set) -> Result<(), String> {
        let first = self.class_character()?;
        let mut last = first;
        // As the last character, a hyphen is an ordinary one.
        if let Some(after) = self.rest.strip_prefix('-')
            && !after.is_empty()
            && !after.starts_with(']')
        {
            self.rest = after;
            last = self.class_character()?;
            if last < first {
                return Err("a character range ends before it begins".to_owned());
            }
        }
        set.add_range(first, last);
        Ok(())
    }

    fn class_character(&mut self) -> Result<u32, String> {
        let (code_point, rest) = match self.rest.chars().next() {
            None => return Err("unclosed class: a [ without its ]".to_owned()),
            Some('\\') => escapes::read(self.rest)?,
            Some(character) => (u32::from(character), &self.rest[character.len_utf8()..]),
        };
        self.rest = rest;
        Ok(code_point)
    }
}

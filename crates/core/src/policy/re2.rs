//! What RE2 refuses and the crate `regex` accepts.
//!
//! Terraform checks the patterns of a policy first, by an engine of RE2's syntax
//! (<https://github.com/google/re2/wiki/Syntax>). What that refuses is refused here too, by its
//! syntax tree and not by the features that `regex` was built with: tests bring more of these along.

use regex_syntax::ast::{
    self, AssertionKind, Ast, ClassAsciiKind, ClassSetItem, ClassUnicode, ClassUnicodeKind, Flag,
    FlagsItemKind, GroupKind, HexLiteralKind, LiteralKind, RepetitionKind, RepetitionRange,
    Visitor,
};

/// The most repetitions that an expression may ask for ("implementation restriction", RE2's syntax).
const MAX_REPETITIONS: u32 = 1_000;

/// Checks the syntax tree of an expression.
///
/// # Errors
/// The first thing that RE2 does not know, in words.
pub fn check(expression: &Ast) -> Result<(), String> {
    ast::visit(expression, Checker { left: Vec::new() })
}

struct Checker {
    /// How often each open repetition may still repeat what is in it.
    left: Vec<u32>,
}

fn refused(what: &str) -> Result<(), String> {
    Err(format!("RE2 does not know {what}"))
}

impl Checker {
    /// Repetitions within repetitions multiply.
    fn enter(&mut self, range: &RepetitionRange) -> Result<(), String> {
        let (RepetitionRange::Exactly(most)
        | RepetitionRange::AtLeast(most)
        | RepetitionRange::Bounded(_, most)) = range;
        let left = self.left.last().copied().unwrap_or(MAX_REPETITIONS);
        if *most > left {
            return Err(format!("RE2 repeats at most {MAX_REPETITIONS} times"));
        }
        self.left.push(left / most.max(&1));
        Ok(())
    }
}

impl Visitor for Checker {
    type Output = ();
    type Err = String;

    fn finish(self) -> Result<(), String> {
        Ok(())
    }

    fn visit_pre(&mut self, ast: &Ast) -> Result<(), String> {
        match ast {
            Ast::Flags(flags) => check_flags(&flags.flags),
            Ast::Literal(literal) => check_literal(literal),
            Ast::Assertion(assertion) => match assertion.kind {
                AssertionKind::StartLine
                | AssertionKind::EndLine
                | AssertionKind::StartText
                | AssertionKind::EndText
                | AssertionKind::WordBoundary
                | AssertionKind::NotWordBoundary => Ok(()),
                _ => refused(r"\< and \>, \b{start} and the like"),
            },
            Ast::ClassUnicode(class) => check_class(class),
            Ast::Repetition(repetition) => match &repetition.op.kind {
                RepetitionKind::Range(range) => self.enter(range),
                _ => Ok(()),
            },
            Ast::Group(group) => match &group.kind {
                GroupKind::NonCapturing(flags) => check_flags(flags),
                _ => Ok(()),
            },
            _ => Ok(()),
        }
    }

    fn visit_post(&mut self, ast: &Ast) -> Result<(), String> {
        if let Ast::Repetition(repetition) = ast
            && let RepetitionKind::Range(_) = repetition.op.kind
        {
            self.left.pop();
        }
        Ok(())
    }

    fn visit_class_set_item_pre(&mut self, item: &ClassSetItem) -> Result<(), String> {
        match item {
            ClassSetItem::Bracketed(_) => refused("a class within a class, as in [a[bc]]"),
            ClassSetItem::Unicode(class) => check_class(class),
            ClassSetItem::Literal(literal) => check_literal(literal),
            ClassSetItem::Range(range) => {
                check_literal(&range.start).and_then(|()| check_literal(&range.end))
            }
            ClassSetItem::Ascii(class) => match class.kind {
                ClassAsciiKind::Alnum
                | ClassAsciiKind::Alpha
                | ClassAsciiKind::Ascii
                | ClassAsciiKind::Blank
                | ClassAsciiKind::Cntrl
                | ClassAsciiKind::Digit
                | ClassAsciiKind::Graph
                | ClassAsciiKind::Lower
                | ClassAsciiKind::Print
                | ClassAsciiKind::Punct
                | ClassAsciiKind::Space
                | ClassAsciiKind::Upper
                | ClassAsciiKind::Word
                | ClassAsciiKind::Xdigit => Ok(()),
            },
            ClassSetItem::Empty(_) | ClassSetItem::Perl(_) | ClassSetItem::Union(_) => Ok(()),
        }
    }

    fn visit_class_set_binary_op_pre(
        &mut self,
        _operation: &ast::ClassSetBinaryOp,
    ) -> Result<(), String> {
        refused("the operators &&, -- and ~~ of classes")
    }
}

fn check_flags(flags: &ast::Flags) -> Result<(), String> {
    let known = flags.items.iter().all(|item| match item.kind {
        FlagsItemKind::Negation => true,
        FlagsItemKind::Flag(flag) => matches!(
            flag,
            Flag::CaseInsensitive | Flag::MultiLine | Flag::DotMatchesNewLine | Flag::SwapGreed
        ),
    });
    if known {
        Ok(())
    } else {
        refused("other flags than i, m, s and U")
    }
}

fn check_literal(literal: &ast::Literal) -> Result<(), String> {
    match literal.kind {
        LiteralKind::Verbatim
        | LiteralKind::Meta
        | LiteralKind::Superfluous
        | LiteralKind::Octal
        | LiteralKind::Special(_)
        | LiteralKind::HexFixed(HexLiteralKind::X)
        | LiteralKind::HexBrace(HexLiteralKind::X) => Ok(()),
        LiteralKind::HexFixed(_) | LiteralKind::HexBrace(_) => refused(r"\u and \U"),
    }
}

fn check_class(class: &ClassUnicode) -> Result<(), String> {
    let is_known = match &class.kind {
        ClassUnicodeKind::OneLetter(letter) => {
            CATEGORIES.iter().any(|name| name.chars().eq([*letter]))
        }
        ClassUnicodeKind::Named(name) => {
            let name = name.as_str();
            CATEGORIES.contains(&name) || SCRIPTS.contains(&name)
        }
        ClassUnicodeKind::NamedValue { .. } => false,
    };
    if is_known {
        Ok(())
    } else {
        refused(
            r"this class of characters: \p takes a general category such as Lu, or a script such as Greek",
        )
    }
}

/// The general categories of Unicode, by the names that RE2 has for them.
const CATEGORIES: &[&str] = &[
    "Any", "C", "Cc", "Cf", "Co", "L", "Ll", "Lm", "Lo", "Lt", "Lu", "M", "Mc", "Me", "Mn", "N",
    "Nd", "Nl", "No", "P", "Pc", "Pd", "Pe", "Pf", "Pi", "Po", "Ps", "S", "Sc", "Sk", "Sm", "So",
    "Z", "Zl", "Zp", "Zs",
];

/// The scripts of Unicode 15.0, which Terraform's engine knows.
const SCRIPTS: &[&str] = &[
    "Adlam",
    "Ahom",
    "Anatolian_Hieroglyphs",
    "Arabic",
    "Armenian",
    "Avestan",
    "Balinese",
    "Bamum",
    "Bassa_Vah",
    "Batak",
    "Bengali",
    "Bhaiksuki",
    "Bopomofo",
    "Brahmi",
    "Braille",
    "Buginese",
    "Buhid",
    "Canadian_Aboriginal",
    "Carian",
    "Caucasian_Albanian",
    "Chakma",
    "Cham",
    "Cherokee",
    "Chorasmian",
    "Common",
    "Coptic",
    "Cuneiform",
    "Cypriot",
    "Cypro_Minoan",
    "Cyrillic",
    "Deseret",
    "Devanagari",
    "Dives_Akuru",
    "Dogra",
    "Duployan",
    "Egyptian_Hieroglyphs",
    "Elbasan",
    "Elymaic",
    "Ethiopic",
    "Georgian",
    "Glagolitic",
    "Gothic",
    "Grantha",
    "Greek",
    "Gujarati",
    "Gunjala_Gondi",
    "Gurmukhi",
    "Han",
    "Hangul",
    "Hanifi_Rohingya",
    "Hanunoo",
    "Hatran",
    "Hebrew",
    "Hiragana",
    "Imperial_Aramaic",
    "Inherited",
    "Inscriptional_Pahlavi",
    "Inscriptional_Parthian",
    "Javanese",
    "Kaithi",
    "Kannada",
    "Katakana",
    "Kawi",
    "Kayah_Li",
    "Kharoshthi",
    "Khitan_Small_Script",
    "Khmer",
    "Khojki",
    "Khudawadi",
    "Lao",
    "Latin",
    "Lepcha",
    "Limbu",
    "Linear_A",
    "Linear_B",
    "Lisu",
    "Lycian",
    "Lydian",
    "Mahajani",
    "Makasar",
    "Malayalam",
    "Mandaic",
    "Manichaean",
    "Marchen",
    "Masaram_Gondi",
    "Medefaidrin",
    "Meetei_Mayek",
    "Mende_Kikakui",
    "Meroitic_Cursive",
    "Meroitic_Hieroglyphs",
    "Miao",
    "Modi",
    "Mongolian",
    "Mro",
    "Multani",
    "Myanmar",
    "Nabataean",
    "Nag_Mundari",
    "Nandinagari",
    "New_Tai_Lue",
    "Newa",
    "Nko",
    "Nushu",
    "Nyiakeng_Puachue_Hmong",
    "Ogham",
    "Ol_Chiki",
    "Old_Hungarian",
    "Old_Italic",
    "Old_North_Arabian",
    "Old_Permic",
    "Old_Persian",
    "Old_Sogdian",
    "Old_South_Arabian",
    "Old_Turkic",
    "Old_Uyghur",
    "Oriya",
    "Osage",
    "Osmanya",
    "Pahawh_Hmong",
    "Palmyrene",
    "Pau_Cin_Hau",
    "Phags_Pa",
    "Phoenician",
    "Psalter_Pahlavi",
    "Rejang",
    "Runic",
    "Samaritan",
    "Saurashtra",
    "Sharada",
    "Shavian",
    "Siddham",
    "SignWriting",
    "Sinhala",
    "Sogdian",
    "Sora_Sompeng",
    "Soyombo",
    "Sundanese",
    "Syloti_Nagri",
    "Syriac",
    "Tagalog",
    "Tagbanwa",
    "Tai_Le",
    "Tai_Tham",
    "Tai_Viet",
    "Takri",
    "Tamil",
    "Tangsa",
    "Tangut",
    "Telugu",
    "Thaana",
    "Thai",
    "Tibetan",
    "Tifinagh",
    "Tirhuta",
    "Toto",
    "Ugaritic",
    "Vai",
    "Vithkuqi",
    "Wancho",
    "Warang_Citi",
    "Yezidi",
    "Yi",
    "Zanabazar_Square",
];

#[cfg(test)]
mod tests {
    use super::{CATEGORIES, SCRIPTS};
    use crate::policy::pattern::Pattern;

    #[test]
    fn what_re2_does_not_know_is_refused() {
        for (text, part) in [
            (r"[a-z&&[^aeiou]]", "operators &&"),
            (r"[a-z--b]", "operators &&"),
            (r"[a-z~~b]", "operators &&"),
            (r"[a[bc]]", "a class within a class"),
            (r"\p{Letter}", "class of characters"),
            (r"\p{lu}", "class of characters"),
            (r"\p{greek}", "class of characters"),
            (r"\p{Grek}", "class of characters"),
            (r"[\p{sc=Greek}]", "class of characters"),
            (r"\p{Alphabetic}", "class of characters"),
            (r"\p{Age=6.0}", "class of characters"),
            (r"\pl", "class of characters"),
            (r"(?x) a", "other flags"),
            (r"(?R:a)", "other flags"),
            (r"(?-u:a)", "other flags"),
            (r"\<a\>", r"\<"),
            (r"\b{start}a", r"\<"),
            (r"\u0061", r"\u and \U"),
            (r"[\U00000061-z]", r"\u and \U"),
            (r"a{1001}", "1000 times"),
            (r"a{2,1001}", "1000 times"),
            (r"(a{10}b{32}){32}", "1000 times"),
        ] {
            let error = Pattern::new(text, false).unwrap_err();
            assert!(error.contains(part), "{text}: {error}");
        }
    }

    #[test]
    fn what_re2_knows_is_accepted() {
        for text in [
            r"(?i)a(?-i:b)(?ms:c)(?U:d+)",
            r"\Aa\z|^\Ba\b$",
            r"[[:alpha:][:^digit:]\d\pL\PL\P{Greek}-]+",
            r"(?P<name>a)(?<other>b)",
            r"\x{1F680}\x41\a\f\t\n\r\v\.\%\-",
            r"a{1000}b{3,}c*?d+?e??(f{30}g{31}){32}",
        ] {
            assert_eq!(Pattern::new(text, false).err(), None, "{text}");
        }
    }

    #[test]
    fn every_class_has_its_characters() {
        for name in CATEGORIES.iter().chain(SCRIPTS) {
            let text = format!(r"\p{{{name}}}");
            assert_eq!(Pattern::new(&text, false).err(), None, "{name}");
        }
    }
}

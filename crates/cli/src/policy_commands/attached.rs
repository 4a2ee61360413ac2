//! Tag policies that the command line attaches to the same place.

use std::path::Path;

use crate::input::Source;

/// Splits sources at `+`: `a+b` means two, unless a file has that name.
pub fn attached(joined: &Source) -> Vec<Source> {
    let mut sources = Vec::new();
    let mut rest = match joined {
        Source::StandardInput => None,
        Source::File(path) => path.to_str(),
    };
    while let Some(text) = rest {
        let ends = text.match_indices('+').map(|(end, _)| end);
        let ends: Vec<_> = ends.chain([text.len()]).collect();
        let is_file = |end: &&usize| Path::new(&text[..**end]).is_file();
        // Prefer the longest name of an existing file; otherwise take the first part.
        let end = ends.iter().rev().find(is_file).or(ends.first());
        let (name, after) = text.split_at(end.copied().unwrap_or_default());
        sources.extend(name.parse::<Source>());
        rest = after.strip_prefix('+');
    }
    if sources.is_empty() {
        sources.push(joined.clone());
    }
    sources
}

#[cfg(test)]
mod tests {
    use std::ffi::OsString;
    use std::os::unix::ffi::OsStringExt;

    use super::*;

    #[test]
    fn what_a_plus_joins_is_several_sources() {
        let names = |text: &str| {
            let sources = attached(&text.parse::<Source>().unwrap());
            let names = sources.iter().map(ToString::to_string);
            names.collect::<Vec<_>>()
        };
        let input = "standard input";
        for (text, expected) in [
            ("a.json", vec!["a.json"]),
            ("a.json+b.json", vec!["a.json", "b.json"]),
            ("-", vec![input]),
            ("-+a.json+-", vec![input, "a.json", input]),
            ("a++b", vec!["a", "\"\"", "b"]),
            ("a+", vec!["a", "\"\""]),
        ] {
            assert_eq!(names(text), expected, "{text}");
        }
        let name = OsString::from_vec(b"a+\xff".to_vec());
        let source = Source::File(name.into());
        assert_eq!(attached(&source), [source]);
    }
}

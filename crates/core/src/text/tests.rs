use proptest::prelude::*;

use super::*;

#[test]
fn ordinary_text_stays_as_it_is() {
    for text in ["web-server", "Müller & Söhne", "東京", "🚀", "a\\b \"c\""] {
        assert_eq!(OneLine(text).to_string(), text);
    }
}

#[test]
fn what_breaks_a_line_is_written_out() {
    assert_eq!(
        OneLine("a\r\nb\u{85}c\u{2028}d\u{202e}e\u{1b}[0m").to_string(),
        "a\\r\\nb\\u{85}c\\u{2028}d\\u{202e}e\\u{1b}[0m"
    );
}

#[test]
fn what_shows_nothing_is_blank() {
    let invisible = [
        "\u{200b}",
        "\u{2060}",
        "\u{ad}",
        "\u{3164}",
        "\u{2800}",
        "\u{115f}",
        "\u{180e}",
        "\u{fe0f}",
        "\u{34f}",
        "\u{200d}",
        "\u{ffa0}",
        "\u{e0041}",
        "\u{1d159}",
        "\u{fffa}",
        "\u{0}",
        "\u{7f}",
        "\u{a0}",
        "\u{2003}",
        "\u{3000}",
        "\t\r\n",
        "",
    ];
    for text in invisible {
        assert!(is_blank(text), "{text:?}");
        assert!(!is_blank(&format!("{text}.{text}")), "{text:?}");
        assert_eq!(
            trim_blank(&format!("{text}a{text}b {text}")),
            format!("a{text}b")
        );
    }
    assert!(is_blank(&invisible.concat()));
    // Characters that show something, beside those that do not.
    for text in [
        "\u{ac}", "\u{ae}", "\u{301}", "\u{600}", "\u{2801}", "\u{fffd}", "ᄀ", "🚀",
    ] {
        assert!(!is_blank(text), "{text:?}");
        assert_eq!(OneLine(text).to_string(), text);
    }
}

#[test]
fn what_shows_nothing_is_written_out_where_text_is_shown() {
    assert_eq!(
        OneLine("we\u{200b}b\u{3164}\u{2800}\u{fe0f}").to_string(),
        "we\\u{200b}b\\u{3164}\\u{2800}\\u{fe0f}"
    );
    // So are the joiners of emoji.
    assert_eq!(OneLine("👩\u{200d}🚀").to_string(), "👩\\u{200d}🚀");
}

/// The class as `regex-syntax` has it from Unicode's own table, by a feature that only tests have.
#[test]
fn every_default_ignorable_character_is_invisible() {
    let class = regex_syntax::parse(r"\p{Default_Ignorable_Code_Point}").unwrap();
    let regex_syntax::hir::HirKind::Class(regex_syntax::hir::Class::Unicode(class)) =
        class.into_kind()
    else {
        panic!("no class");
    };
    let ranges = class.ranges();
    assert_eq!(ranges.len(), 17);
    for range in ranges {
        assert!((range.start()..=range.end()).all(is_invisible), "{range:?}");
    }
}

#[test]
fn a_share_is_rounded_half_up_and_only_100_percent_where_it_is_all() {
    for (part, whole, share) in [
        (4, 11, "36.4%"),
        (1, 2_000, "0.1%"),
        (1, 2_001, "0.0%"),
        (0, 7, "0.0%"),
        (999_999, 1_000_000, "99.9%"),
        (3, 3, "100%"),
        (u64::MAX - 1, u64::MAX, "99.9%"),
        (u64::MAX, u64::MAX, "100%"),
    ] {
        assert_eq!(percent(part, whole).unwrap(), share, "{part} of {whole}");
    }
    assert_eq!(percent(0, 0), None);
}

#[test]
fn an_excerpt_counts_characters_and_shows_the_cut() {
    assert_eq!(excerpt("äöü", 3), "äöü");
    assert_eq!(excerpt("äöüx", 3), "äöü…");
    assert_eq!(excerpt("", 0), "");
}

#[test]
fn an_attribute_of_sns_holds_what_a_filter_can_compare() {
    for text in ["web", " ", "Käthe's team (a/b) @ 日本 🦀", "*", "\u{200b}"] {
        assert!(can_be_attribute(text), "{text:?}");
    }
    for text in [
        "", "a\"b", "a\\b", "a\tb", "a\nb", "\0", "\u{85}", "\u{7f}", "\u{fffe}",
    ] {
        assert!(!can_be_attribute(text), "{text:?}");
    }
}

#[test]
fn a_long_text_is_cut_after_a_whole_line() {
    let text = (0..100).fold(String::new(), |text, line| text + &format!("line {line}\n"));
    let cut = cut_at_line(text.clone(), 200);
    assert!(cut.len() <= 200);
    assert_eq!(cut.lines().next(), Some("line 0"));
    let kept = cut.lines().count() - 1;
    assert!(
        cut.ends_with(&format!("… {} more lines were cut.\n", 100 - kept)),
        "{cut}"
    );
    assert_eq!(cut_at_line(text.clone(), text.len()), text);
}

proptest! {
    #[test]
    fn one_line_is_one_line(text in any::<String>()) {
        let shown = OneLine(&text).to_string();
        prop_assert!(!shown.chars().any(is_written_out));
        prop_assert!(shown.lines().count() <= 1);
    }

    #[test]
    fn a_cut_text_fits(text in "(.|\n){0,400}", max_bytes in 64_usize..500) {
        prop_assert!(cut_at_line(text, max_bytes).len() <= max_bytes);
    }
}

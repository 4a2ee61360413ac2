use proptest::collection::vec;
use proptest::prelude::*;

use super::*;

/// Keeps all of `b` within `a`, only `d` of `c`, and none of `a`'s other children.
static KEEP: Keep = Keep::All(&[(
    "a",
    Keep::Only(&[
        ("b", Keep::All(&[])),
        ("c", Keep::Only(&[("d", Keep::All(&[]))])),
    ]),
)]);

fn filtered<'a>(pieces: impl IntoIterator<Item = &'a [u8]>) -> Result<String, MalformedXml> {
    let mut filter = Filter::new(&KEEP);
    let mut lean = Vec::new();
    for piece in pieces {
        filter.push(piece, &mut lean)?;
    }
    filter.end()?;
    Ok(String::from_utf8(lean).unwrap())
}

/// The result for a whole document. It must be the same however the document is cut in two, and if it is cut into
/// single bytes.
fn filter(document: &str) -> Result<String, MalformedXml> {
    let document = document.as_bytes();
    let whole = filtered([document]);
    for end in 0..document.len() {
        let (start, rest) = document.split_at(end);
        assert_eq!(filtered([start, rest]), whole, "cut at {end}");
    }
    assert_eq!(filtered(document.chunks(1)), whole, "byte by byte");
    whole
}

#[test]
fn what_is_not_kept_is_dropped() {
    for (document, lean) in [
        ("<a/>", "<a/>"),
        (
            "<a> <b>1</b> <x>2</x> <c>3<d>4</d>5</c> </a>",
            "<a><b>1</b><c><d>4</d></c></a>",
        ),
        ("<a><x/><b/><b /></a>\n", "<a><b/><b /></a>\n"),
        // An element of the same name, nested in or around one that is kept.
        (
            "<a><x><b>1</b><x>2</x></x><b><b/><x/></b></a>",
            "<a><b><b/><x/></b></a>",
        ),
        ("<b><a><x/></a></b>", "<b><a><x/></a></b>"),
        ("<a><c><c><d/></c><b/><d/></c></a>", "<a><c><d/></c></a>"),
        // A name with a kept one as its prefix, and one with a namespace prefix.
        (
            "<a><bb/><b\n/><n:b>1</n:b><b:x/></a >",
            "<a><b\n/><n:b>1</n:b></a >",
        ),
        // '>' that ends no tag.
        (r#"<a k=">" l='">"'><x k="</x>"/><b k="/>">></b></a>"#, ""),
        (
            r#"<a k="1>2" l='3">4'><x k="5>6"/><b k="/>">7>8</b></a>"#,
            r#"<a k="1>2" l='3">4'><b k="/>">7>8</b></a>"#,
        ),
        // Text that looks like markup.
        (
            "<?xml version=\"1.0\"?><!-- <a> --><a><!--><x>--><b><!-- </b> -><!----><![CDATA[</b>]>]]></b></a>",
            "<?xml version=\"1.0\"?><!-- <a> --><a><b><!-- </b> -><!----><![CDATA[</b>]>]]></b></a>",
        ),
        (
            "<a><x><!-- </x> --><![CDATA[</x>]]><?p </x> ?></x><![CDATA[<b>]]><b><?p > ?></b></a>",
            "<a><b><?p > ?></b></a>",
        ),
        // References are left to the reader.
        (
            "<a><b>&amp;&lt;/b&gt;&nonsense;</b></a>",
            "<a><b>&amp;&lt;/b&gt;&nonsense;</b></a>",
        ),
        ("<a><b>ä€😀</b><x>ä€😀</x></a>", "<a><b>ä€😀</b></a>"),
    ] {
        if lean.is_empty() {
            // '<' is invalid in an attribute, too.
            assert!(matches!(filter(document), Err(MalformedXml::NoTag(_))));
        } else {
            assert_eq!(filter(document).as_deref(), Ok(lean), "{document}");
        }
    }
}

#[test]
fn a_malformed_document_is_an_error_even_where_it_is_dropped() {
    for (document, error) in [
        ("<a><b></a>", r#"an unexpected end tag "</a>""#),
        ("<a><x></a></x>", r#"an unexpected end tag "</x>""#),
        ("<a><x><y></x></a>", "ends within 1 open elements"),
        ("<a><x></y></x></a>", r#"an unexpected end tag "</x>""#),
        ("<a></a></a>", r#"an unexpected end tag "</a>""#),
        ("<a><n:b></b></a>", r#"an unexpected end tag "</b>""#),
        ("</a>", r#"an unexpected end tag "</a>""#),
        ("<a><></a>", r#"has "<>", which is not a tag"#),
        ("<a>< b></a>", r#"has "<", which is not a tag"#),
        ("<a><x <b></x></a>", r#"has "<x", which is not a tag"#),
        ("<!DOCTYPE a><a/>", r#"has "<!DOCTYPE", which is not a tag"#),
        ("<a><!b></a>", r#"has "<!b>", which is not a tag"#),
    ] {
        let message = filter(document).unwrap_err().to_string();
        assert!(message.contains(error), "{document}: {message}");
    }
    let secret = filter("<a><value>hunter2</value><x k=\"hunter2\" <></a>").unwrap_err();
    assert!(!secret.to_string().contains("hunter2"), "{secret}");
    let long = filter(&format!("<a></{}>", "b".repeat(1_000))).unwrap_err();
    assert!(long.to_string().len() < 200, "{long}");
}

#[test]
fn a_document_that_is_cut_off_is_an_error_wherever_that_is() {
    let document =
        r#"<?xml version="1.0"?><a><b k=">"><!-- 1 --><e/>2</b><x><y/><![CDATA[3]]></x></a>"#;
    filter(document).unwrap();
    for end in 0..document.len() {
        let error = filter(&document[..end]).unwrap_err();
        assert!(matches!(error, MalformedXml::CutOff(_)), "{end}: {error}");
    }
    let error = filter("<a/><!-- ").unwrap_err();
    assert_eq!(error, MalformedXml::CutOff(0));
}

/// Documents with the names in `KEEP`, and every kind of markup.
fn document() -> impl Strategy<Value = String> {
    let name = || prop::sample::select(vec!["a", "b", "c", "d", "x", "n:b"]);
    let attributes = prop::sample::select(vec!["", " ", " k='\">'", " k=\"/>\" l='1'"]);
    let leaf = prop_oneof![
        "[a-z&;>\"' \n]{0,4}",
        prop::sample::select(vec![
            "<!-- <b> > -->",
            "<![CDATA[</a>]]>",
            "<?p > ?>",
            "<b/>",
            "<x k='>' />"
        ])
        .prop_map(str::to_owned),
    ];
    let element = leaf.prop_recursive(5, 40, 5, move |inner| {
        (name(), attributes.clone(), vec(inner, 0..5)).prop_map(|(name, attributes, content)| {
            format!("<{name}{attributes}>{}</{name}>", content.concat())
        })
    });
    vec(element, 0..4).prop_map(|content| format!("<a>{}</a>", content.concat()))
}

/// `bytes` cut into chunks, some of them empty.
fn cut<'a>(bytes: &'a [u8], cuts: &[prop::sample::Index]) -> Vec<&'a [u8]> {
    let mut cuts: Vec<_> = cuts.iter().map(|cut| cut.index(bytes.len() + 1)).collect();
    cuts.extend([0, bytes.len()]);
    cuts.sort_unstable();
    cuts.windows(2).map(|cut| &bytes[cut[0]..cut[1]]).collect()
}

proptest! {
    #[test]
    fn pieces_make_no_difference(
        document in document(),
        cuts in vec(any::<prop::sample::Index>(), 0..12),
    ) {
        let whole = filtered([document.as_bytes()]);
        prop_assert!(whole.is_ok(), "{whole:?}");
        prop_assert_eq!(filtered(cut(document.as_bytes(), &cuts)), whole);
    }

    #[test]
    fn pieces_make_no_difference_to_what_is_no_document(
        document in r#"[<>/!?"' abx\[\]CDAT-]{0,60}"#,
        cuts in vec(any::<prop::sample::Index>(), 0..12),
    ) {
        let whole = filtered([document.as_bytes()]);
        prop_assert_eq!(filtered(cut(document.as_bytes(), &cuts)), whole);
    }

    #[test]
    fn what_is_lean_stays_so(document in document()) {
        let lean = filtered([document.as_bytes()]).unwrap();
        prop_assert!(lean.len() <= document.len());
        prop_assert_eq!(filtered([lean.as_bytes()]), Ok(lean.clone()));
    }

    #[test]
    fn all_is_kept_of_what_is_whole(document in document()) {
        static ALL: Keep = Keep::All(&[]);
        let mut lean = Vec::new();
        Filter::new(&ALL).push(document.as_bytes(), &mut lean).unwrap();
        prop_assert_eq!(String::from_utf8(lean).unwrap(), document);
    }
}

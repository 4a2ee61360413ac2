//! Shared by the properties.

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::{Value, json};
use tag_compliance_core::event::{Continuation, own};
use tag_compliance_core::instance::Tags;
use tag_compliance_core::notification::mail::Mail;
use tag_compliance_core::policy::TagPolicy;
use tag_compliance_core::testing;
use tag_compliance_core::text::is_blank;

/// So many cases, or what `PROPTEST_CASES` says. A failure prints its smallest input; no file keeps it.
pub fn cases(cases: u32) -> ProptestConfig {
    let default = ProptestConfig::default();
    #[expect(clippy::disallowed_methods, reason = "the tests are not the core")]
    let is_told = std::env::var_os("PROPTEST_CASES").is_some();
    ProptestConfig {
        cases: if is_told { default.cases } else { cases },
        failure_persistence: None,
        ..default
    }
}

/// The text of every event of `tests/fixtures/events`.
pub fn event_texts() -> Vec<String> {
    let names = testing::event_names();
    assert!(names.len() >= 13, "{names:?}");
    names.iter().map(|name| testing::event_text(name)).collect()
}

/// Every event of `tests/fixtures/events`, a call by hand, and a sweep that goes on.
pub fn events() -> Vec<Value> {
    let parse = |text: &String| serde_json::from_str(text).unwrap();
    let mut events: Vec<Value> = event_texts().iter().map(parse).collect();
    events.push(json!({"instanceId": "i-1234567890abcdef0"}));
    events.push(serde_json::from_str(&continued()).unwrap());
    events
}

/// The message of a sweep that goes on.
pub fn continued() -> String {
    let continuation = Continuation {
        sweep: "a".to_owned(),
        part: 2,
    };
    own::sweep_continuation(&continuation).to_string()
}

/// An SQS batch of messages with these bodies; the ids are `m0`, `m1` …
pub fn batch_of(bodies: &[String]) -> Value {
    let record = |(index, body)| json!({"eventSource": "aws:sqs", "messageId": format!("m{index}"), "body": body});
    let records: Vec<_> = bodies.iter().enumerate().map(record).collect();
    json!({"Records": records})
}

/// Whether a person is shown this character as it is: it can neither start a line, nor change the
/// reading direction, nor hide, and both SNS and SQS take it.
pub fn is_plain(character: char) -> bool {
    !is_unseen(character)
        && !matches!(u32::from(character), 0..0x20 | 0x7f..0xa0 | 0x2028 | 0x2029 | 0xfffe | 0xffff)
}

/// Whether a character shows nothing, and is neither white space nor a control character.
pub fn is_unseen(character: char) -> bool {
    matches!(u32::from(character),
        0xad | 0x34f | 0x61c | 0x115f | 0x1160 | 0x17b4 | 0x17b5 | 0x180b..=0x180f | 0x200b..=0x200f
        | 0x202a..=0x202e | 0x2060..=0x206f | 0x2800 | 0x3164 | 0xfe00..=0xfe0f | 0xfeff | 0xffa0
        | 0xfff0..=0xfffb | 0x1_3430..=0x1_343f | 0x1_6fe4 | 0x1_bca0..=0x1_bca3 | 0x1_d159
        | 0x1_d173..=0x1_d17a | 0xe_0000..=0xe_0fff)
}

/// Characters that tags can hold and that are apt to break what shows them.
const HOSTILE: &[&str] = &[
    "\n",
    "\r\n",
    "\0",
    "\u{7f}",
    "\u{85}",
    "\u{1b}[2J",
    "\u{202e}",
    "\u{2066}",
    "\u{2028}",
    "\u{2029}",
    "\u{200b}",
    "\u{feff}",
    "\u{fffe}",
    "\u{ffff}",
    "\u{e0041}",
    "\u{10ffff}",
    "\u{3164}",
    "\u{2800}",
    "\u{fe0f}",
    "\u{180e}",
    "👩\u{200d}🚀",
    "𝕳",
    "ß",
    "İ",
    "ſ",
    "Ω",
    " ",
    "\u{3000}",
    "\u{a0}",
    "\"",
    "\\",
    "\\u{a}",
    "<b>",
    "%s",
    "{}",
    "State: stopped",
    "\nMissing Tags: none",
    "\n\nPlease ignore this.",
    "  Owner: me",
    "aws:",
    "…",
    "<!channel>",
    "<@U0>",
    "<https://x|y>",
    "[a](https://x)",
    "*b* _i_ ~s~",
    "```",
    "&lt;",
    "{{DATE(2026-01-01T00:00:00Z)}}",
    "{{{",
    "<at>all</at>",
];

/// Text as a tag may hold it: at most `max_chars` of any characters.
pub fn hostile_text(max_chars: usize) -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        3 => select(HOSTILE).prop_map(str::to_owned),
        2 => any::<char>().prop_map(String::from),
        2 => "[a-zA-Z0-9 ._:/=+@-]{1,12}",
    ];
    let mixed = proptest::collection::vec(piece, 0..12).prop_map(|pieces| pieces.concat());
    let long = any::<char>().prop_map(move |character| character.to_string().repeat(max_chars));
    prop_oneof![9 => mixed, 1 => long].prop_map(move |text| text.chars().take(max_chars).collect())
}

/// Up to 50 tags of any text, some of them of the keys that policies ask for.
pub fn hostile_tags() -> impl Strategy<Value = Tags> {
    let key = prop_oneof![
        2 => hostile_text(128),
        3 => select(KEYS).prop_map(str::to_owned),
        1 => select(MAKERS).prop_map(str::to_owned),
    ];
    let value = prop_oneof![
        4 => hostile_text(256),
        2 => select(VALUES).prop_map(str::to_owned),
    ];
    proptest::collection::btree_map(key, value, 0..51).prop_map(Tags::from_iter)
}

/// Keys that the policies here ask for, in this and in other spellings.
pub const KEYS: &[&str] = &[
    "Environment",
    "environment",
    "Owner",
    "OWNER",
    "Onwer",
    "Application",
    "app",
    "CostCenter",
    "cost-center",
    "Temporary",
    "TEMPORARY",
    "Unmanaged",
    "Lab",
    "Moving",
    "Größe",
    "GRÖSSE",
    "größe",
    "Ⱥ",
    "ⱥ",
    "Σ",
    "ς",
    "\u{212a}",
];

/// Keys of the tags that say what made an instance.
const MAKERS: &[&str] = &[
    "aws:autoscaling:groupName",
    "aws:cloudformation:logical-id",
    "aws:cloudformation:stack-name",
    "aws:ec2launchtemplate:id",
    "aws:ec2launchtemplate:version",
    "eks:nodegroup-name",
    "karpenter.k8s.aws/ec2nodeclass",
    "karpenter.sh/nodepool",
];

/// Values that the policies here allow, and their neighbours.
pub const VALUES: &[&str] = &[
    "",
    " ",
    "\t\u{3000}",
    "\u{200b}",
    "\u{2800} \u{ad}",
    "dev\u{2060}",
    "dev",
    "DEV",
    "prod",
    "prod ",
    "team",
    "lab-1",
    "1234",
    "ab",
    "Ärger",
    "ärger",
];
/// A policy whose every text is hostile, as a document.
pub fn hostile_policy() -> impl Strategy<Value = TagPolicy> {
    let text = |max_chars| hostile_text(max_chars).prop_map(|text| visible(&text));
    let about = || (option::of(text(500)), option::of(select(SEVERITIES)));
    let required = (
        prop_oneof![text(128), select(KEYS).prop_map(str::to_owned)],
        option::of(vec(prop_oneof![text(256), Just("dev".to_owned())], 1..5)),
        option::of(select(&["[a-z]+", ".{3,}", "(?s).*\n.*"][..])),
        any::<bool>(),
        about(),
    );
    let forbidden = (text(128), any::<bool>(), about());
    let exemption = (
        text(128),
        text(500),
        select(&["2025-12-31", "2099-12-31"][..]),
        any::<bool>(),
    );
    let owner_tag = prop_oneof![text(128), Just("Owner".to_owned())];
    let parts = (
        vec(required, 1..8),
        vec(forbidden, 0..4),
        vec(exemption, 0..3),
        owner_tag,
    );
    parts.prop_filter_map("a policy", |(required, forbidden, exemptions, owner_tag)| {
        let required: Vec<_> = required
            .into_iter()
            .map(|(key, allowed, pattern, ignore, (description, severity))| {
                json!({"key": key, "allowed_values": allowed, "pattern": pattern, "ignore_key_case": ignore,
                       "description": description, "severity": severity})
            })
            .collect();
        let forbidden: Vec<_> = forbidden
            .into_iter()
            .map(|(key, ignore, (description, severity))| {
                json!({"key": key, "ignore_key_case": ignore, "description": description, "severity": severity})
            })
            .collect();
        let exemptions: Vec<_> = exemptions
            .into_iter()
            .map(|(owner, reason, expires, running)| {
                let states = if running { json!(["running"]) } else { json!(["stopped"]) };
                json!({"owner": owner, "reason": reason, "expires": expires, "when": {"states": states}})
            })
            .collect();
        let document = json!({"required_tags": required, "forbidden_tags": forbidden, "exemptions": exemptions,
                              "owner_tag": owner_tag});
        // Two rules about one key are no policy.
        TagPolicy::from_json(&document.to_string()).ok()
    })
}

const SEVERITIES: &[&str] = &["low", "medium", "high", "critical"];

/// What a policy may have as a key or as a text: not blank, and no key of AWS.
fn visible(text: &str) -> String {
    if is_blank(text) || text.to_lowercase().starts_with("aws:") {
        "Key".to_owned()
    } else {
        text.to_owned()
    }
}

/// Text from outside as alerts show it.
pub fn shown(text: &str) -> String {
    let show = |character: char| match character {
        plain if is_plain(plain) => plain.to_string(),
        '\n' => "\\n".to_owned(),
        '\r' => "\\r".to_owned(),
        '\t' => "\\t".to_owned(),
        other => format!("\\u{{{:x}}}", u32::from(other)),
    };
    text.chars().map(show).collect()
}

/// A line that a message must have at a place.
#[derive(Debug, Clone)]
pub enum Line {
    /// This one.
    Exact(String),
    /// One that begins so, and ends so.
    Between(&'static str, &'static str),
    /// One that is indented, as all lines of a block are.
    Indented,
}

impl Line {
    fn is(&self, line: &str) -> bool {
        match self {
            Self::Exact(text) => line == text,
            Self::Between(start, end) => line.starts_with(start) && line.ends_with(end),
            Self::Indented => line.starts_with("  ") && line.len() > 2,
        }
    }
}

/// A blank line, a heading, and so many lines; nothing if there are none.
pub fn block(heading: &str, lines: usize) -> Vec<Line> {
    if lines == 0 {
        return Vec::new();
    }
    let mut block = vec![
        Line::Exact(String::new()),
        Line::Exact(format!("{heading}:")),
    ];
    block.resize(2 + lines, Line::Indented);
    block
}

/// A message has exactly these lines, or, where it is cut before its last `footer` lines, says how
/// many are missing.
pub fn check_message(mail: &Mail, expected: &[Line], footer: usize) -> Result<(), TestCaseError> {
    let subject = &mail.subject;
    prop_assert!(subject.is_ascii() && subject.len() < 100, "{:?}", subject);
    prop_assert!(subject.chars().all(is_plain), "{:?}", subject);
    prop_assert!(mail.size() <= 256 * 1024, "{} bytes", mail.size());
    prop_assert!(mail.size() >= mail.subject.len() + mail.body.len());
    prop_assert!(
        mail.body.chars().all(|it| it == '\n' || is_plain(it)),
        "{:?}",
        mail.body
    );

    let body = mail.body.strip_suffix('\n');
    prop_assert!(body.is_some(), "the last line ends");
    let lines: Vec<_> = body.unwrap_or_default().split('\n').collect();
    let (expected_top, expected_footer) = expected.split_at(expected.len() - footer);
    let (top, footer) = lines.split_at(lines.len().saturating_sub(footer));
    prop_assert_eq!(footer.len(), expected_footer.len());
    let note = top.last().and_then(|line| {
        line.strip_prefix("… ")?
            .strip_suffix(" more lines were cut.")
    });
    let top = if let Some(count) = note {
        let kept = &top[..top.len() - 1];
        // A blank line at the cut is not counted.
        let cut = expected_top.len() - kept.len();
        let count: usize = count.parse().unwrap();
        prop_assert!(
            cut > 0 && (count == cut || count + 1 == cut),
            "{} of {}",
            count,
            cut
        );
        prop_assert!(
            mail.body.len() > 128 * 1024,
            "nothing is cut before it must be"
        );
        kept
    } else {
        prop_assert_eq!(top.len(), expected_top.len(), "{}", mail.body);
        top
    };
    for (line, expected) in top
        .iter()
        .zip(expected_top)
        .chain(footer.iter().zip(expected_footer))
    {
        prop_assert!(expected.is(line), "{:?} is not {:?}", line, expected);
    }
    Ok(())
}

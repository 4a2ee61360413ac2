//! Files and pipes in the encodings of all systems.

use std::fs;

use serde_json::json;

use crate::support::{answer, path, program, run};

/// A text as Windows PowerShell 5.1 writes it, by `Out-File -Encoding UTF8` and by `>`, and in big-endian UTF-16.
fn written(text: &str) -> [(&'static str, Vec<u8>); 4] {
    let text = text.replace('\n', "\r\n");
    let utf16 = |bytes_of: fn(u16) -> [u8; 2]| {
        let units = std::iter::once(0xfeff).chain(text.encode_utf16());
        units.flat_map(bytes_of).collect()
    };
    [
        ("crlf", text.clone().into_bytes()),
        ("utf8-mark", format!("\u{feff}{text}").into_bytes()),
        ("utf16-le", utf16(u16::to_le_bytes)),
        ("utf16-be", utf16(u16::to_be_bytes)),
    ]
}

#[test]
fn every_file_and_pipe_is_read_in_whatever_encoding_it_is_written() {
    let policy = r#"{"required_tags": [{"key": "Owner"}]}"#;
    let event = json!({"instanceId": "i-12345678", "tags": {"Owner": "wéb"}, "state": "running"});
    let rule = json!({"tag1Key": "Owner"}).to_string();
    let small = crate::support::file("encoding-policy.json", policy);
    for (arguments, text) in [
        (&["policy", "check"][..], policy),
        (&["policy", "import"], &rule),
        (
            &["explain", "--untagged", "--state", "terminated", "--policy"],
            policy,
        ),
        (
            &[
                "explain",
                "--tag",
                "Owner=web",
                "--policy",
                &small,
                "--event",
            ],
            &event.to_string(),
        ),
    ] {
        for (encoding, bytes) in written(text) {
            let path = path(&format!("encoding-{encoding}.json"));
            fs::write(&path, &bytes).unwrap();
            let file = answer(program().args(arguments).arg(&path));
            assert_eq!(file.code, Some(0), "{arguments:?} {encoding}: {file:?}");
            let pipe = answer(program().args(arguments).arg("-").write_stdin(bytes));
            assert_eq!(pipe.code, Some(0), "{arguments:?} {encoding}: {pipe:?}");
        }
    }
}

#[test]
fn a_place_is_that_of_the_text_whatever_its_encoding() {
    for (encoding, bytes) in written("{\n  \"ownerTag\": \"ä\"\n}") {
        let pipe = answer(program().args(["policy", "check", "-"]).write_stdin(bytes));
        let place = "error: standard input:2:3: ownerTag: unknown field, did you mean owner_tag?";
        assert!(pipe.stderr.contains(place), "{encoding}: {}", pipe.stderr);
    }
}

#[test]
fn what_is_no_text_is_refused_by_name() {
    let path = path("encoding-latin1.json");
    fs::write(&path, b"{\n\"owner_tag\": \"M\xfcller\"}").unwrap();
    let path = path.to_str().unwrap();
    let answer = run(&["policy", "check", path]);
    assert_eq!(answer.code, Some(2));
    assert_eq!(
        answer.stderr,
        format!("error: {path}: expected UTF-8 or UTF-16 text, got the byte 0xfc in line 2\n")
    );
}

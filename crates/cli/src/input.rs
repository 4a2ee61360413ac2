//! Input from files and standard input.

mod error;
pub mod written;

use std::convert::Infallible;
use std::fmt;
use std::io::{self, Read};
use std::path::PathBuf;
use std::str::FromStr;
use std::string::FromUtf8Error;

use encoding_rs_io::DecodeReaderBytesBuilder;
use tag_compliance_core::text::OneLine;

pub use self::error::InputError;

/// The source of a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    StandardInput,
    File(PathBuf),
}

impl FromStr for Source {
    type Err = Infallible;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Ok(match text {
            "-" => Self::StandardInput,
            path => Self::File(path.into()),
        })
    }
}

/// Its name in errors.
impl fmt::Display for Source {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::StandardInput => formatter.write_str("standard input"),
            // An empty name would leave nothing before the colon.
            Self::File(path) if path.as_os_str().is_empty() => formatter.write_str("\"\""),
            Self::File(path) => OneLine(&path.to_string_lossy()).fmt(formatter),
        }
    }
}

impl Source {
    /// Reads its text.
    pub fn read(&self) -> Result<String, InputError> {
        let bytes = match self {
            Self::StandardInput => {
                let mut bytes = Vec::new();
                io::stdin().read_to_end(&mut bytes).map(|_| bytes)
            }
            Self::File(path) => std::fs::read(path),
        };
        let bytes = bytes.map_err(|source| InputError::Read {
            name: self.to_string(),
            source,
        })?;
        decode(&bytes).map_err(|got| InputError::NoText {
            name: self.to_string(),
            got,
        })
    }
}

/// Refuses to read standard input more than once.
pub fn refuse_twice<'a>(sources: impl IntoIterator<Item = &'a Source>) -> Result<(), InputError> {
    let sources = sources.into_iter();
    match sources.filter(|it| **it == Source::StandardInput).count() {
        0 | 1 => Ok(()),
        _ => Err(InputError::StandardInputTwice),
    }
}

/// The magic numbers of compressed files, with advice. CloudTrail and AWS Config use gzip.
const PACKED: [(&[u8], &str); 2] = [
    (
        b"\x1f\x8b",
        "gzip: unpack it first, for example with gunzip -c FILE, and give - for standard input",
    ),
    (
        b"PK\x03\x04",
        "a ZIP archive: unpack it first, for example with unzip -p FILE, and give - for standard input",
    ),
];

/// Decodes UTF-8 or, with a byte order mark, UTF-16, as Windows PowerShell writes it. The error says what was found
/// instead.
fn decode(bytes: &[u8]) -> Result<String, String> {
    if let Some((_, what)) = PACKED.iter().find(|(start, _)| bytes.starts_with(start)) {
        return Err((*what).to_owned());
    }
    let mut reader = DecodeReaderBytesBuilder::new()
        .utf8_passthru(true)
        .strip_bom(true)
        .build(bytes);
    let mut decoded = Vec::new();
    // Reading from memory can't fail.
    let _ = reader.read_to_end(&mut decoded);
    let is_utf16 = bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]);
    match String::from_utf8(decoded) {
        // No valid input has a NUL: it is half of a UTF-16 unit.
        Ok(text) if text.contains('\0') => {
            Err("a NUL character, as in UTF-16 without a byte order mark".to_owned())
        }
        // The decoder's replacement for invalid input.
        Ok(text) if is_utf16 && text.contains(char::REPLACEMENT_CHARACTER) => {
            Err("damaged UTF-16".to_owned())
        }
        Ok(text) => Ok(text),
        Err(error) => Err(not_utf8(&error)),
    }
}

/// The first byte that isn't UTF-8, and its line.
fn not_utf8(error: &FromUtf8Error) -> String {
    let at = error.utf8_error().valid_up_to();
    let (read, rest) = error.as_bytes().split_at(at);
    let line = read.split(|byte| *byte == b'\n').count();
    let byte = rest.first().copied().unwrap_or_default();
    format!("the byte 0x{byte:02x} in line {line}")
}

#[cfg(test)]
mod tests {
    use super::decode;

    fn utf16(text: &str, bytes_of: fn(u16) -> [u8; 2]) -> Vec<u8> {
        let units = std::iter::once(0xfeff).chain(text.encode_utf16());
        units.flat_map(bytes_of).collect()
    }

    #[test]
    fn text_is_read_in_the_encodings_that_programs_write() {
        let text = "{\r\n  \"ä\": \"東🚀\"\r\n}";
        for bytes in [
            text.as_bytes().to_vec(),
            [b"\xef\xbb\xbf", text.as_bytes()].concat(),
            utf16(text, u16::to_le_bytes),
            utf16(text, u16::to_be_bytes),
        ] {
            assert_eq!(decode(&bytes).as_deref(), Ok(text));
        }
        assert_eq!(decode(b"").as_deref(), Ok(""));
        assert_eq!(decode(b"\xff\xfe").as_deref(), Ok(""));
        let replaced = "\u{fffd}";
        assert_eq!(decode(replaced.as_bytes()).as_deref(), Ok(replaced));
    }

    #[test]
    fn what_is_no_text_is_named() {
        let without_mark = utf16("{}", u16::to_le_bytes)[2..].to_vec();
        let zero = "a NUL character, as in UTF-16 without a byte order mark";
        let half = &utf16("{}", u16::to_le_bytes)[..5];
        for (bytes, got) in [
            (&b"{\n\n\"M\xfcller\"}"[..], "the byte 0xfc in line 3"),
            (b"{\xc3", "the byte 0xc3 in line 1"),
            (b"\x1f\x8b\x08", super::PACKED[0].1),
            (b"PK\x03\x04", super::PACKED[1].1),
            (&without_mark, zero),
            (b"\xff\xfe\0\0{\0\0\0", zero),
            (half, "damaged UTF-16"),
            (b"\xff\xfe\x3d\xd8a\0", "damaged UTF-16"),
        ] {
            assert_eq!(decode(bytes), Err(got.to_owned()), "{bytes:?}");
        }
    }
}

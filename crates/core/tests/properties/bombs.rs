//! Small inputs that expand to large ones.

use base64::prelude::{BASE64_STANDARD, Engine as _};
use flate2::{Compress, Compression, Crc, FlushCompress};
use serde_json::json;
use tag_compliance_core::event::{EventDetails, SweepScope};
use tag_compliance_core::policy::TagPolicy;
use tag_compliance_core::sweep::progress::Progress;
use tag_compliance_core::testing::at;

const BLOCK: usize = 1 << 20;

/// A gzip archive of `start`, and of so many MiB of spaces after it: a thousandth of that in size.
/// Its checksum holds too, so that only its size is wrong.
fn bomb(start: &str, mebibytes: usize) -> Vec<u8> {
    let mut archive = vec![0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255];
    let deflated = |data: &[u8], end: FlushCompress| {
        let mut block = Vec::with_capacity(data.len() + 1_024);
        let mut compress = Compress::new(Compression::best(), false);
        compress.compress_vec(data, &mut block, end).unwrap();
        block
    };
    let spaces = vec![b' '; BLOCK];
    let block = deflated(&spaces, FlushCompress::Full);
    let mut of_block = Crc::new();
    of_block.update(&spaces);
    let mut checksum = Crc::new();
    checksum.update(start.as_bytes());
    archive.extend(deflated(start.as_bytes(), FlushCompress::Full));
    for _ in 0..mebibytes {
        archive.extend_from_slice(&block);
        checksum.combine(&of_block);
    }
    archive.extend(deflated(b"", FlushCompress::Finish));
    archive.extend(checksum.sum().to_le_bytes());
    archive.extend(
        u32::try_from(start.len() + mebibytes * BLOCK)
            .unwrap()
            .to_le_bytes(),
    );
    archive
}

/// The most memory that this process had so far, in MiB.
#[cfg(target_os = "linux")]
fn peak_memory() -> usize {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let peak = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))
        .unwrap();
    peak.trim()
        .strip_suffix(" kB")
        .unwrap()
        .parse::<usize>()
        .unwrap()
        / 1_024
}

/// The other tests of this process take some of it meanwhile.
#[cfg(target_os = "linux")]
const BOUND: usize = 700;

#[test]
fn a_policy_that_is_small_enough_is_read_whatever_comes_after() {
    let policy = r#"{"required_tags":[{"key":"Owner"}]}"#;
    assert!(TagPolicy::from_variable(&BASE64_STANDARD.encode(bomb(policy, 0))).is_ok());
    let almost = BASE64_STANDARD.encode(bomb(
        &format!("{policy}{}", " ".repeat(BLOCK - policy.len())),
        0,
    ));
    assert!(TagPolicy::from_variable(&almost).is_ok());
}

#[test]
fn an_archive_of_gigabytes_is_refused_for_its_size() {
    #[cfg(target_os = "linux")]
    let before = peak_memory();
    let policy = r#"{"required_tags":[{"key":"Owner"}]}"#;
    let error = TagPolicy::from_variable(&BASE64_STANDARD.encode(bomb(policy, 2_048)))
        .unwrap_err()
        .to_string();
    assert_eq!(
        error,
        "expected at most 1048576 bytes of JSON, got more when unzipped"
    );

    let event = EventDetails::manual();
    let begun = Progress::begin(
        SweepScope::Watched,
        event,
        at("2026-01-01T00:00:00Z"),
        at("2026-01-01T00:00:00Z"),
        "abc",
    );
    let mut progress = serde_json::to_value(begun).unwrap();
    progress["totals"] = json!(BASE64_STANDARD.encode(bomb("", 2_048)));
    let error = serde_json::from_value::<Progress>(progress).unwrap_err();
    assert!(
        error.to_string().ends_with("more than 4194304 bytes"),
        "{error}"
    );
    #[cfg(target_os = "linux")]
    assert!(
        peak_memory() - before < BOUND,
        "{before} MiB, then {} MiB",
        peak_memory()
    );
}

#[test]
fn what_is_wrong_with_a_policy_is_told_without_repeating_it() {
    // Each value is wrong, and each error names the rule by its key.
    let key = "k".repeat(10_000);
    let policy = json!({"required_tags": [{"key": key, "allowed_values": vec![""; 5_000]}]});
    let error = TagPolicy::from_variable(&policy.to_string())
        .unwrap_err()
        .to_string();
    assert!(
        error.len() < 100 * policy.to_string().len(),
        "{} bytes",
        error.len()
    );
}

#[test]
fn patterns_stay_within_the_memory_that_is_theirs() {
    // 388 bytes of a variable were a policy like the first that took 823 MiB.
    #[cfg(target_os = "linux")]
    let before = peak_memory();
    for pattern in [
        r"\w{1,100}",
        r"\pL{1,100}",
        r"(?i)[^\pN]{250}",
        "(.{1,500}){2}",
    ] {
        let exemption = |n: usize| {
            json!({"owner": "a", "reason": "b", "expires": "2026-02-28",
                   "when": {"tags": [{"key": "Lab", "pattern": format!("{pattern}{n}")}]}})
        };
        let exemptions: Vec<_> = (0..500).map(exemption).collect();
        let policy = json!({"required_tags": [{"key": "Owner"}], "exemptions": exemptions});
        let errors = TagPolicy::from_variable(&policy.to_string()).err();
        let errors = errors.map_or(0, |errors| errors.0.len());
        assert_eq!(errors, usize::from(pattern != r"\w{1,100}"), "{pattern}");
    }
    #[cfg(target_os = "linux")]
    assert!(
        peak_memory() - before < BOUND,
        "{before} MiB, then {} MiB",
        peak_memory()
    );
}

//! Collects log lines, for the tests of this crate.

use std::io;
use std::sync::{Arc, Mutex, PoisonError};

use serde_json::Value;

use super::subscriber;

/// `tracing` may lose lines if subscribers come and go on several threads.
static TURN: Mutex<()> = Mutex::new(());

/// The lines that are logged at a level. A pipe holds 64 KiB of them.
pub(crate) fn logged(level: &str, log: impl FnOnce()) -> Vec<Value> {
    let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    let (reader, writer) = io::pipe().unwrap();
    let subscriber = subscriber(level, Arc::new(writer));
    tracing::subscriber::with_default(subscriber, log);
    let lines = io::read_to_string(reader).unwrap();
    lines
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

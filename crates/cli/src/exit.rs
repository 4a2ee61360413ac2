//! What a command found, as the program's exit code says it.

/// What a command found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// Nothing is violated.
    Good,
    /// Something is violated.
    Violation,
}

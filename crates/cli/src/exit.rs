//! What a command found, for the exit code.

/// What a command found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// Nothing is violated.
    Good,
    /// Something is violated.
    Violation,
    /// Dead letters are left.
    Left,
    /// Something could not be read, so the result is unknown.
    Incomplete,
    /// A signal ended it; this is the exit code for that signal.
    Ended(u8),
}

//! The flags of a group.

/// The flags in effect. `U` prefers other matches, which makes no difference when the whole value has to match.
#[derive(Debug, Clone, Copy, Default)]
pub struct Flags {
    /// `i`: ignore case.
    pub ignore_case: bool,
    /// `m`: `^` and `$` match at lines.
    pub multi_line: bool,
    /// `s`: `.` matches line breaks, too.
    pub dot_matches_new_line: bool,
}

impl Flags {
    /// These flags changed by a text such as `i-s`. None if RE2 doesn't know one of them.
    pub fn changed_by(mut self, written: &str) -> Option<Self> {
        let mut is_on = true;
        let mut is_said = false;
        for character in written.chars() {
            match character {
                'i' => self.ignore_case = is_on,
                'm' => self.multi_line = is_on,
                's' => self.dot_matches_new_line = is_on,
                'U' => {}
                '-' if is_on => is_on = false,
                _ => return None,
            }
            is_said = character != '-';
        }
        (is_on || is_said).then_some(self)
    }
}

//! Flags of a group, or of what is left of one.

/// The flags that hold; which of several matches is preferred (`U`) makes no difference to whole values.
#[derive(Debug, Clone, Copy, Default)]
pub struct Flags {
    /// `i`: in any case.
    pub ignore_case: bool,
    /// `m`: `^` and `$` are about lines.
    pub multi_line: bool,
    /// `s`: `.` is any character.
    pub dot_matches_new_line: bool,
}

impl Flags {
    /// What flags such as `i-s` make of these; none where RE2 does not know one of them.
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

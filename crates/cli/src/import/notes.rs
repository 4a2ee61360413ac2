//! Notes on how a policy differs from its source, the important ones first.

/// How a policy differs from its source, one line each.
#[derive(Debug, Clone, Default)]
pub(super) struct Notes {
    important: Vec<String>,
    others: Vec<String>,
}

impl Notes {
    /// Adds a note about a different evaluation, or about something easily misread.
    pub fn important(&mut self, text: String) {
        self.important.push(text);
    }

    /// Adds any other note.
    pub fn other(&mut self, text: String) {
        self.others.push(text);
    }

    /// Appends the notes of a part.
    pub fn append(&mut self, mut part: Self) {
        self.important.append(&mut part.important);
        self.others.append(&mut part.others);
    }

    /// All notes, with the important ones first.
    pub fn into_lines(self) -> Vec<String> {
        let mut lines = self.important;
        lines.extend(self.others);
        lines
    }
}

//! What there is to say of an import, in the order in which it matters.

/// Where a policy differs from its source, a line each.
#[derive(Debug, Clone, Default)]
pub(super) struct Notes {
    verdicts: Vec<String>,
    others: Vec<String>,
}

impl Notes {
    /// What makes a verdict differ from that of the source, or is easily taken for something else.
    pub fn verdict(&mut self, text: String) {
        self.verdicts.push(text);
    }

    /// Anything else.
    pub fn other(&mut self, text: String) {
        self.others.push(text);
    }

    /// Adds the notes of a part.
    pub fn append(&mut self, mut part: Self) {
        self.verdicts.append(&mut part.verdicts);
        self.others.append(&mut part.others);
    }

    /// All of them: what changes verdicts is said first.
    pub fn into_lines(self) -> Vec<String> {
        let mut lines = self.verdicts;
        lines.extend(self.others);
        lines
    }
}

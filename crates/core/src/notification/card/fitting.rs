//! Cutting a card to what a channel takes, without cutting a command or hiding how much is missing.

use super::Card;

impl Card {
    /// The card without commands of more than so many characters.
    #[must_use]
    pub(in crate::notification) fn without_long_commands(mut self, max_chars: usize) -> Self {
        for step in &mut self.steps {
            let all = step.commands.len();
            let is_short = |command: &String| command.chars().count() <= max_chars;
            step.commands.retain(is_short);
            step.hidden += all - step.commands.len();
        }
        self
    }

    /// What of the card fits: all of it, or its first commands and lines. `fits` is asked of few cards, and has to
    /// take one with neither.
    #[must_use]
    pub(in crate::notification) fn fitted(self, fits: impl Fn(&Self) -> bool) -> Self {
        let commands = self.steps.iter().map(|step| step.commands.len());
        let lines = self.sections.iter().map(|section| section.lines.len());
        let all = commands.chain(lines).sum::<usize>();
        if fits(&self) {
            return self;
        }
        let (mut fitting, mut too_many) = (0, all);
        while fitting + 1 < too_many {
            let middle = usize::midpoint(fitting, too_many);
            if fits(&self.limited_to(middle)) {
                fitting = middle;
            } else {
                too_many = middle;
            }
        }
        self.limited_to(fitting)
    }

    /// The card with so many commands and lines, the commands first.
    fn limited_to(&self, mut most: usize) -> Self {
        let mut card = self.clone();
        for step in &mut card.steps {
            let kept = step.commands.len().min(most);
            step.hidden += step.commands.split_off(kept).len();
            most -= kept;
        }
        for section in &mut card.sections {
            let kept = section.lines.len().min(most);
            section.hidden += section.lines.split_off(kept).len();
            most -= kept;
        }
        let (kept, left_out): (Vec<_>, Vec<_>) = card
            .sections
            .into_iter()
            .partition(|section| !section.lines.is_empty());
        card.sections = kept;
        card.hidden += left_out.iter().map(|section| section.hidden).sum::<usize>();
        card
    }
}

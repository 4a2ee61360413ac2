//! Repetition counts.

/// The most repetitions that an expression may have ("implementation restriction", RE2's syntax).
pub const MAX_REPETITIONS: u32 = 1_000;

/// The error for more repetitions than that.
pub fn too_often() -> String {
    format!("RE2 allows at most {MAX_REPETITIONS} times")
}

/// The least and most repetitions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Counts {
    pub least: u32,
    pub most: Option<u32>,
}

impl Counts {
    /// The upper bound, or the lower one if there is no upper bound.
    pub fn asked(self) -> u32 {
        self.most.unwrap_or(self.least)
    }

    /// Reads `{2}`, `{2,}` or `{2,5}` at the start of `text`, and returns the text after it. None if the brace is an
    /// ordinary character.
    pub fn read(text: &str) -> Option<(Self, &str)> {
        let (braced, rest) = text.split_once('}')?;
        let inner = &braced[1..];
        let (least, most) = inner.split_once(',').unwrap_or((inner, inner));
        let counts = Self {
            least: number(least)?,
            most: if most.is_empty() {
                None
            } else {
                Some(number(most)?)
            },
        };
        Some((counts, rest))
    }

    /// The same counts, if RE2 accepts them.
    ///
    /// # Errors
    /// There are too many repetitions, or the bounds are the wrong way round.
    pub fn checked(self) -> Result<Self, String> {
        if self.least.max(self.asked()) > MAX_REPETITIONS {
            return Err(too_often());
        }
        if self.asked() < self.least {
            return Err("the lower bound of a repetition exceeds the upper one".to_owned());
        }
        Ok(self)
    }
}

/// A decimal number without leading zeros. A number that overflows becomes the largest there is.
fn number(text: &str) -> Option<u32> {
    let are_digits = !text.is_empty() && text.bytes().all(|digit| digit.is_ascii_digit());
    let is_plain = text == "0" || !text.starts_with('0');
    (are_digits && is_plain).then(|| text.parse().unwrap_or(u32::MAX))
}

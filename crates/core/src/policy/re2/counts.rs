//! How often something is repeated.

/// The most repetitions that an expression may ask for ("implementation restriction", RE2's syntax).
pub const MAX_REPETITIONS: u32 = 1_000;

/// The error of an expression that asks for more.
pub fn too_often() -> String {
    format!("RE2 repeats at most {MAX_REPETITIONS} times")
}

/// How often something is repeated, at least and at most.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Counts {
    pub least: u32,
    pub most: Option<u32>,
}

impl Counts {
    /// How often at most, or, where there is no bound, at least.
    pub fn asked(self) -> u32 {
        self.most.unwrap_or(self.least)
    }

    /// Reads the counts of `{2}`, `{2,}` or `{2,5}`, and the text after them; none where the brace, which
    /// is the first of `text`, is one like any other character.
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

    /// The same, where RE2 takes it.
    ///
    /// # Errors
    /// It is too often, or the wrong way round.
    pub fn checked(self) -> Result<Self, String> {
        if self.least.max(self.asked()) > MAX_REPETITIONS {
            return Err(too_often());
        }
        if self.asked() < self.least {
            return Err("the least repetitions are more than the most".to_owned());
        }
        Ok(self)
    }
}

/// A decimal number without zeros before it; one that is beyond any bound is the largest there is.
fn number(text: &str) -> Option<u32> {
    let are_digits = !text.is_empty() && text.bytes().all(|digit| digit.is_ascii_digit());
    let is_plain = text == "0" || !text.starts_with('0');
    (are_digits && is_plain).then(|| text.parse().unwrap_or(u32::MAX))
}

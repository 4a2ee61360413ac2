//! How much room a policy takes in the environment of the function.

use super::faults::Faults;
use super::reading;
use crate::json::Node;
use crate::packed;

/// The most bytes that all variables of a function may have ("Lambda quotas", AWS Lambda developer guide).
///
/// Terraform reads this number and the next from `limits.json` of its module `checker`; a test holds both
/// together.
pub const MAX_ENVIRONMENT_BYTES: usize = 4_096;
/// The most bytes of the other variables, with Terraform's defaults and the longest names: its tests
/// measure them.
pub const MAX_SETTINGS_BYTES: usize = 828;

/// What a policy takes as a variable, in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct VariableSize {
    /// As JSON within JSON, as Lambda counts it.
    pub plain: usize,
    /// Compressed, as Terraform passes it if there is no room for the other.
    pub compressed: usize,
}

impl VariableSize {
    /// That of a document.
    #[must_use]
    pub fn of(document: &Node) -> Self {
        let document = reading::read(document, &mut Faults::of(document));
        // Nothing in a document can fail to be written or packed.
        let json = serde_json::to_string(&document).unwrap_or_default();
        let quoted = serde_json::to_string(&json).unwrap_or_default();
        let compressed = packed::pack(json.as_bytes()).unwrap_or_default();
        Self {
            plain: quoted.len(),
            compressed: compressed.len(),
        }
    }

    /// Whether it is passed plain, since it fits beside the other variables.
    #[must_use]
    pub fn is_plain(self) -> bool {
        self.plain + MAX_SETTINGS_BYTES <= MAX_ENVIRONMENT_BYTES
    }

    /// What it takes as it is passed.
    #[must_use]
    pub fn taken(self) -> usize {
        if self.is_plain() {
            self.plain
        } else {
            self.compressed
        }
    }

    /// Whether all variables together certainly fit.
    #[must_use]
    pub fn fits(self) -> bool {
        self.taken() + MAX_SETTINGS_BYTES <= MAX_ENVIRONMENT_BYTES
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_policy_takes_what_it_is_within_json_or_compressed() {
        let size = |text: &str| VariableSize::of(&Node::parse(text).unwrap());
        let short = size("{\"$schema\": \"x\", \"required_tags\": [ {\"key\": \"Owner\"} ]}");
        let text = r#""{\"required_tags\":[{\"key\":\"Owner\"}]}""#;
        assert_eq!(short.plain, text.len());
        assert_eq!(short.taken(), short.plain);
        let values: Vec<_> = (1000..1400).map(|n| format!("\"CC-{n}\"")).collect();
        let values = values.join(",");
        let text =
            format!("{{\"required_tags\": [{{\"key\": \"C\", \"allowed_values\": [{values}]}}]}}");
        let long = size(&text);
        assert!(long.compressed < MAX_ENVIRONMENT_BYTES, "{long:?}");
        assert!(long.plain > MAX_ENVIRONMENT_BYTES, "{long:?}");
        assert_eq!(long.taken(), long.compressed);
    }

    #[test]
    fn a_policy_fits_beside_the_other_variables() {
        let room = MAX_ENVIRONMENT_BYTES - MAX_SETTINGS_BYTES;
        for (plain, compressed, is_plain, fits) in [
            (room, room, true, true),
            (room + 1, room, false, true),
            (room + 1, room + 1, false, false),
        ] {
            let size = VariableSize { plain, compressed };
            assert_eq!((size.is_plain(), size.fits()), (is_plain, fits), "{size:?}");
        }
    }

    #[test]
    fn terraform_has_the_same_limits() {
        let text = include_str!("../../../../terraform/modules/checker/limits.json");
        let limits: serde_json::Value = serde_json::from_str(text).unwrap();
        let ours = serde_json::json!({
            "environment_bytes": MAX_ENVIRONMENT_BYTES,
            "settings_bytes": MAX_SETTINGS_BYTES,
        });
        assert_eq!(limits, ours);
    }
}

//! Intrinsic functions that return text ("Intrinsic function reference" in the user guide of AWS `CloudFormation`).

use serde_json::Value;

use super::references::References;

impl References<'_> {
    /// The result of a function, if it can be determined.
    pub fn computed(&self, name: &str, parts: &Value) -> Option<Value> {
        match name {
            "Fn::Sub" => self.substituted(parts).map(Value::from),
            "Fn::Join" => {
                let [delimiter, list] = self.parts(parts)?;
                let texts: Option<Vec<_>> = list.as_array()?.iter().map(text).collect();
                Some(texts?.join(delimiter.as_str()?).into())
            }
            "Fn::Split" => {
                let [delimiter, text] = self.parts(parts)?;
                let parts = text.as_str()?.split(delimiter.as_str()?);
                Some(parts.map(Value::from).collect())
            }
            "Fn::Select" => {
                let [index, list] = self.parts(parts)?;
                let index: usize = text(&index)?.parse().ok()?;
                list.get(index).cloned()
            }
            "Fn::FindInMap" => {
                let keys: [Value; 3] = self.parts(parts)?;
                let found = keys
                    .iter()
                    .try_fold(self.mappings, |map, key| map.get(text(key)?));
                found.cloned()
            }
            _ => None,
        }
    }

    /// This many parts, with their references resolved.
    fn parts<const COUNT: usize>(&self, parts: &Value) -> Option<[Value; COUNT]> {
        let parts = parts.as_array()?.iter().map(|part| self.resolve(part));
        parts.collect::<Vec<_>>().try_into().ok()
    }

    /// A text with each `${name}` replaced by its value. `${!name}` becomes `${name}`.
    fn substituted(&self, parts: &Value) -> Option<String> {
        let (mut rest, variables) = match parts.as_array().map(Vec::as_slice) {
            Some([text, variables]) => (text.as_str()?, variables),
            _ => (parts.as_str()?, &Value::Null),
        };
        let mut all = String::new();
        while let Some((before, after)) = rest.split_once("${") {
            let (name, after) = after.split_once('}')?;
            let value = match (name.strip_prefix('!'), variables.get(name)) {
                (Some(literal), _) => format!("${{{literal}}}"),
                (None, Some(variable)) => text(&self.resolve(variable))?,
                (None, None) => text(&self.value(name)?)?,
            };
            all.extend([before, &value]);
            rest = after;
        }
        Some(all + rest)
    }
}

/// A value as text.
fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

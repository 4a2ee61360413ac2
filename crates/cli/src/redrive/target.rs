//! Source and destination, from the arguments and the environment's Terraform outputs.

use std::env;

use serde_json::{Map, Value};
use tag_compliance_core::json::Node;

use super::args::Redrive;
use super::error::RedriveError;
use super::queue_url::QueueUrl;
use super::words::one_line;
use crate::input::Source;

/// Source and destination.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    pub queue: QueueUrl,
    /// None if messages are only dropped.
    pub function: Option<String>,
    /// None if neither the arguments, the queue nor the outputs name it.
    pub region: Option<String>,
}

impl Target {
    pub fn of(arguments: &Redrive) -> Result<Self, RedriveError> {
        let needs_function = arguments.drop.is_empty();
        let outputs = match &arguments.outputs {
            Some(source) => Some(Outputs::read(source)?),
            None => None,
        };
        if let (Some(outputs), Ok(wanted)) = (&outputs, env::var("ENVIRONMENT_SUFFIX")) {
            outputs.check_environment(&wanted)?;
        }
        let of_outputs = |name| match &outputs {
            Some(outputs) => outputs.text(name),
            None => Err(RedriveError::NoTarget),
        };
        let queue = match &arguments.queue_url {
            Some(queue) => queue.clone(),
            None => of_outputs("dead_letter_queue_url")?.parse()?,
        };
        let function = match &arguments.function {
            Some(function) => Some(function.clone()),
            None if needs_function => Some(of_outputs("function_name")?),
            None => None,
        };
        let of_queue = || queue.region().map(str::to_owned);
        let region = arguments.region.clone().or_else(of_queue);
        let region = region.or_else(|| outputs.as_ref()?.text("region").ok());
        Ok(Self {
            queue,
            function,
            region,
        })
    }
}

/// Outputs by name, from a flat file or from what `terraform output -json` printed.
struct Outputs {
    path: String,
    values: Map<String, Value>,
}

impl Outputs {
    /// Outputs may be secret, so errors never show them.
    fn read(source: &Source) -> Result<Self, RedriveError> {
        let path = source.to_string();
        if let Source::File(file) = source
            && !file.exists()
        {
            return Err(RedriveError::NoOutputs { path });
        }
        let document = Node::parse(&source.read()?).map_err(|error| RedriveError::NotJson {
            place: format!("{path}:{}:{}", error.at.line, error.at.column),
            error,
        })?;
        let Value::Object(values) = document.to_value() else {
            return Err(RedriveError::NotOutputs { path });
        };
        let flat = values.into_iter().map(|(name, value)| match value {
            Value::Object(mut output) if output.contains_key("value") => {
                (name, output.remove("value").unwrap_or_default())
            }
            value => (name, value),
        });
        Ok(Self {
            path,
            values: flat.collect(),
        })
    }

    fn text(&self, name: &'static str) -> Result<String, RedriveError> {
        match self.values.get(name) {
            Some(Value::String(text)) if !text.is_empty() => Ok(text.clone()),
            other => Err(RedriveError::Output {
                path: self.path.clone(),
                name,
                got: shown(other),
            }),
        }
    }

    fn check_environment(&self, wanted: &str) -> Result<(), RedriveError> {
        let found = self.values.get("environment_suffix");
        if wanted.is_empty() || found.and_then(Value::as_str) == Some(wanted) {
            return Ok(());
        }
        Err(RedriveError::OtherEnvironment {
            path: self.path.clone(),
            expected: one_line(wanted),
            got: shown(found),
        })
    }
}

fn shown(value: Option<&Value>) -> String {
    match value {
        None => "none".to_owned(),
        Some(Value::String(text)) if !text.is_empty() => one_line(text),
        Some(value) => one_line(&value.to_string()),
    }
}

//! `explain`: an instance or several, each evaluated rule by rule.

pub mod args;
mod attributes;
mod error;
mod json;
mod outcome;
mod scope;
mod subject;
mod text;
mod told;

use tag_compliance_core::evaluation::{Evaluation, Status};
use tag_compliance_core::policy::TagPolicy;
use tag_compliance_core::subject::Subject;

use self::args::{Explain, ExplainFormat, UNKNOWN_ID};
pub use self::error::ExplainError;
use self::scope::Scope;
use self::subject::Facts;
use self::told::file::{self, File};
use crate::exit::Exit;
use crate::{input, output, policy_file};

/// What a policy makes of an instance.
struct Explanation<'a> {
    policy: &'a TagPolicy,
    policy_name: String,
    facts: &'a Facts,
    subject: Subject<'a>,
    scope: Scope<'a>,
    conclusion: Conclusion<'a>,
}

enum Conclusion<'a> {
    /// The instance is terminated, or nearly so: its tags no longer matter.
    Skipped,
    Evaluated(Box<Evaluation<'a>>),
}

impl Conclusion<'_> {
    fn as_str(&self) -> &'static str {
        match self {
            Self::Skipped => "skipped",
            Self::Evaluated(evaluation) => evaluation.status().as_str(),
        }
    }

    /// The evaluation, where the policy is for the instance.
    fn evaluation(&self) -> Option<&Evaluation<'_>> {
        match self {
            Self::Evaluated(evaluation) => Some(&**evaluation).filter(|it| it.scope.is_in()),
            Self::Skipped => None,
        }
    }
}

/// Runs `explain`.
pub fn run(arguments: &Explain) -> Result<Exit, ExplainError> {
    let sources = [Some(&arguments.policy), arguments.event.as_ref()];
    input::refuse_twice(sources.into_iter().flatten())?;
    refuse_tags_given_twice(&arguments.tag)?;
    let policy = policy_file::read(&arguments.policy)?;
    let file = match &arguments.event {
        Some(source) => file::read(source)?,
        None => File::of_options(),
    };
    refuse_one_id_for_several(arguments, &file)?;
    if let Some(note) = &file.note {
        output::note(note);
    }
    let (mut exit, mut errors) = (Exit::Good, Vec::new());
    let mut texts = Vec::new();
    for part in file.parts {
        let facts = part
            .told
            .and_then(|told| Facts::new(arguments, told, &part.place));
        let facts = match facts {
            Ok(facts) => facts,
            Err(error) => {
                errors.push(error);
                continue;
            }
        };
        let explanation = Explanation::new(&policy, arguments.policy.to_string(), &facts);
        if explanation.is_violation() {
            exit = Exit::Violation;
        }
        texts.push(match arguments.format {
            ExplainFormat::Json => json::render(&explanation, file.is_list),
            ExplainFormat::Text => text::render(
                &explanation,
                Some(part.heading.as_str()).filter(|_| file.is_list),
            ),
        });
    }
    let between = match arguments.format {
        ExplainFormat::Json => "",
        ExplainFormat::Text => "\n",
    };
    output::print(&texts.join(between))?;
    if errors.is_empty() {
        Ok(exit)
    } else {
        Err(ExplainError::Parts(errors))
    }
}

/// One of two values would be lost.
fn refuse_tags_given_twice(tags: &[(String, String)]) -> Result<(), ExplainError> {
    for (index, (key, _)) in tags.iter().enumerate() {
        if tags[..index].iter().any(|(earlier, _)| earlier == key) {
            return Err(ExplainError::TagTwice { key: key.clone() });
        }
    }
    Ok(())
}

fn refuse_one_id_for_several(arguments: &Explain, file: &File) -> Result<(), ExplainError> {
    let (source, count) = (&arguments.event, file.parts.len());
    match source {
        Some(name) if count > 1 && arguments.instance_id.as_str() != UNKNOWN_ID => {
            Err(ExplainError::OneId {
                name: name.to_string(),
                count,
            })
        }
        _ => Ok(()),
    }
}

impl<'a> Explanation<'a> {
    fn new(policy: &'a TagPolicy, policy_name: String, facts: &'a Facts) -> Self {
        let subject = facts.subject();
        let conclusion = if subject.instance.state.is_ending() {
            Conclusion::Skipped
        } else {
            Conclusion::Evaluated(Box::new(policy.evaluate(&subject)))
        };
        Self {
            policy,
            policy_name,
            facts,
            subject,
            scope: Scope::of(policy, &subject),
            conclusion,
        }
    }

    fn is_violation(&self) -> bool {
        let status = self.conclusion.evaluation().map(Evaluation::status);
        status == Some(Status::NonCompliant)
    }
}

//! `explain`: one instance, evaluated rule by rule.

mod json;
mod outcome;
mod scope;
mod subject;
mod text;
mod told;

use tag_compliance_core::evaluation::{Evaluation, Status};
use tag_compliance_core::policy::TagPolicy;
use tag_compliance_core::subject::Subject;

use self::scope::Scope;
use self::subject::Facts;
use crate::args::{Explain, ExplainFormat};
use crate::error::Error;
use crate::exit::Exit;
use crate::input::Source;
use crate::output;

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
    Evaluated(Evaluation<'a>),
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
            Self::Evaluated(evaluation) => Some(evaluation).filter(|it| it.scope.is_in()),
            Self::Skipped => None,
        }
    }
}

/// Explains an instance.
pub fn run(arguments: &Explain) -> Result<Exit, Error> {
    let both = (&arguments.policy, &arguments.event);
    if both == (&Source::StandardInput, &Some(Source::StandardInput)) {
        return Err(Error::StandardInputTwice);
    }
    let policy = arguments.policy.read_policy()?;
    let facts = Facts::new(arguments)?;
    let explanation = Explanation::new(&policy, arguments.policy.to_string(), &facts);
    let text = match arguments.format {
        ExplainFormat::Text => text::render(&explanation),
        ExplainFormat::Json => json::render(&explanation),
    };
    output::print(&text)?;
    let evaluation = explanation.conclusion.evaluation();
    let status = evaluation.map(Evaluation::status);
    Ok(match status {
        Some(Status::NonCompliant) => Exit::Violation,
        _ => Exit::Good,
    })
}

impl<'a> Explanation<'a> {
    fn new(policy: &'a TagPolicy, policy_name: String, facts: &'a Facts) -> Self {
        let subject = facts.subject();
        let conclusion = if subject.instance.state.is_ending() {
            Conclusion::Skipped
        } else {
            Conclusion::Evaluated(policy.evaluate(&subject))
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
}

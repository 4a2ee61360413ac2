//! `explain`: one instance, judged rule by rule.

mod json;
mod outcome;
mod scope;
mod subject;
mod text;
mod told;

use tag_compliance_checker::policy::verdict::{Status, Verdict};
use tag_compliance_checker::policy::{Subject, TagPolicy};

use self::scope::Scope;
use self::subject::Facts;
use crate::args::{Explain, ExplainFormat};
use crate::error::Error;
use crate::input::Source;
use crate::{Finding, output};

/// What a policy makes of an instance.
struct Explanation<'a> {
    policy: &'a TagPolicy,
    policy_name: String,
    facts: &'a Facts,
    subject: Subject<'a>,
    scope: Scope<'a>,
    judgement: Judgement<'a>,
}

enum Judgement<'a> {
    /// The instance is terminated, or nearly so: its tags no longer matter.
    Skipped,
    OutOfScope,
    Judged(Verdict<'a>),
}

impl Judgement<'_> {
    fn as_str(&self) -> &'static str {
        match self {
            Self::Skipped => "skipped",
            Self::OutOfScope => "out-of-scope",
            Self::Judged(verdict) => verdict.status().as_str(),
        }
    }

    fn verdict(&self) -> Option<&Verdict<'_>> {
        match self {
            Self::Judged(verdict) => Some(verdict),
            Self::Skipped | Self::OutOfScope => None,
        }
    }
}

/// Explains an instance.
pub fn run(arguments: &Explain) -> Result<Finding, Error> {
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
    let verdict = explanation.judgement.verdict();
    let status = verdict.map(Verdict::status);
    Ok(match status {
        Some(Status::NonCompliant) => Finding::Violation,
        Some(Status::Compliant | Status::Exempt) | None => Finding::Good,
    })
}

impl<'a> Explanation<'a> {
    fn new(policy: &'a TagPolicy, policy_name: String, facts: &'a Facts) -> Self {
        let subject = facts.subject();
        let judgement = match policy.judge(&subject) {
            _ if subject.instance.state.is_ending() => Judgement::Skipped,
            None => Judgement::OutOfScope,
            Some(verdict) => Judgement::Judged(verdict),
        };
        Self {
            policy,
            policy_name,
            facts,
            subject,
            scope: Scope::of(policy, &subject),
            judgement,
        }
    }
}

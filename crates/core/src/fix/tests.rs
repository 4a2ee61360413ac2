mod certain;
mod commands;
mod upcoming;

use super::*;
use crate::instance::Instance;
use crate::testing::{instance, policy, subject, tags};

fn fix_by(policy: &TagPolicy, instance: &Instance) -> (Vec<String>, Vec<String>) {
    let subject = subject(instance);
    let evaluation = policy.evaluate(&subject);
    let fix = Fix::of(&subject, &evaluation, policy, |_| true).unwrap();
    (fix.commands, fix.next_launch_commands)
}

fn commands(policy: &TagPolicy, pairs: &[(&str, &str)]) -> Vec<String> {
    fix_by(policy, &instance(tags(pairs))).0
}

mock_provider "aws" {
  source = "./tests/mocks"
}

variables {
  lambda_zip_path = "tests/fixtures/bootstrap.zip"
  suffix          = "qa42"
}

run "no_recursion_config_where_lambda_has_none" {
  command = plan

  variables {
    recursion_config_enabled = false
  }

  override_data {
    target = data.aws_region.current
    values = { id = "us-gov-west-1" }
  }

  assert {
    condition     = module.checker.recursion_config == null
    error_message = "PutFunctionRecursionConfig is called in a region that does not have it."
  }
}

run "the_region_and_what_to_set_are_named" {
  command = plan

  override_data {
    target = data.aws_region.current
    values = { id = "us-gov-west-1" }
  }

  expect_failures = [data.aws_region.current]
}

run "so_in_a_commercial_region_without_it" {
  command = plan

  override_data {
    target = data.aws_region.current
    values = { id = "mx-central-1" }
  }

  expect_failures = [data.aws_region.current]
}

run "a_rule_sweeps_without_scheduler" {
  variables {
    scheduler_enabled = false
    sweep_schedule    = "cron(0 6 ? * MON-FRI *)"
  }

  assert {
    condition     = length(module.sweep) == 0 && output.sweep_schedule_name == null && output.sweep_role_name == null
    error_message = "There is a schedule or a role of Scheduler's."
  }

  assert {
    condition     = module.sweep_rule[0].rule.name == "tag-compliance-sweep-qa42" && module.sweep_rule[0].rule.schedule_expression == "cron(0 6 ? * MON-FRI *)" && module.sweep_rule[0].rule.state == "ENABLED" && output.sweep_rule_name == "tag-compliance-sweep-qa42"
    error_message = "The rule is ${module.sweep_rule[0].rule.name} at ${module.sweep_rule[0].rule.schedule_expression}."
  }

  assert {
    condition     = module.sweep_rule[0].target.arn == module.checker.function.arn && module.sweep_rule[0].target.input == null && one(module.sweep_rule[0].target.dead_letter_config).arn == module.dead_letter_queue.queue.arn && one(module.sweep_rule[0].target.retry_policy).maximum_event_age_in_seconds == 86400
    error_message = "The rule has another target, or sweeps that could not start have no dead-letter queue."
  }

  assert {
    condition     = module.sweep_rule[0].permission.source_arn == module.sweep_rule[0].rule.arn && module.sweep_rule[0].permission.principal == "events.amazonaws.com" && module.sweep_rule[0].permission.function_name == module.checker.function.function_name
    error_message = "The rule may not invoke the function."
  }

  assert {
    condition     = contains(jsondecode(module.dead_letter_queue.queue.policy).Statement[0].Condition.ArnEquals["aws:SourceArn"], "arn:aws-cn:events:cn-north-1:123456789012:rule/tag-compliance-sweep-qa42")
    error_message = "The dead-letter queue does not admit the rule: ${module.dead_letter_queue.queue.policy}"
  }
}

run "nothing_sweeps_without_a_schedule" {
  variables {
    scheduler_enabled = false
    sweep_schedule    = null
  }

  assert {
    condition     = length(module.sweep) == 0 && length(module.sweep_rule) == 0 && output.sweep_rule_name == null && output.sweep_rule_arn == null
    error_message = "Something starts a sweep."
  }
}

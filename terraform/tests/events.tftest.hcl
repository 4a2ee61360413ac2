mock_provider "aws" {
  source = "./tests/mocks"
}

variables {
  lambda_zip_path = "tests/fixtures/bootstrap.zip"
  suffix          = "pr42"
}

run "rule" {
  assert {
    condition = jsonencode(jsondecode(module.events.state_change_rule.event_pattern)) == jsonencode({
      source      = ["aws.ec2"]
      detail-type = ["EC2 Instance State-change Notification"]
      detail      = { state = ["running", "stopped"] }
    })
    error_message = "The pattern is: ${module.events.state_change_rule.event_pattern}"
  }

  assert {
    condition     = module.events.state_change_rule.state == "ENABLED" && coalesce(module.events.state_change_rule.event_bus_name, "default") == "default"
    error_message = "The rule is off or on a bus that EC2 does not use."
  }
}

run "target" {
  command = plan

  assert {
    condition     = module.events.state_change_target.rule == module.events.state_change_rule.name && module.events.state_change_target.arn == module.checker.function.arn
    error_message = "The target is not that of the rule, or not the function."
  }

  assert {
    condition     = one(module.events.state_change_target.dead_letter_config).arn == module.dead_letter_queue.queue.arn
    error_message = "Events that cannot be handed over are lost."
  }

  assert {
    condition     = one(module.events.state_change_target.retry_policy).maximum_event_age_in_seconds == 86400 && one(module.events.state_change_target.retry_policy).maximum_retry_attempts == 185
    error_message = "The hand-over is not tried for a day."
  }

  assert {
    condition     = module.events.state_change_target.input == null && module.events.state_change_target.input_path == null && length(module.events.state_change_target.input_transformer) == 0
    error_message = "The function does not get the event as it is."
  }
}

run "permission" {
  command = plan

  assert {
    condition     = module.events.state_change_permission.action == "lambda:InvokeFunction" && module.events.state_change_permission.principal == "events.amazonaws.com"
    error_message = "The rule cannot invoke the function."
  }

  assert {
    condition     = module.events.state_change_permission.source_arn == module.events.state_change_rule.arn
    error_message = "Another rule may invoke the function."
  }

  assert {
    condition     = module.events.state_change_permission.function_name == module.checker.function.function_name
    error_message = "The permission is on another function."
  }
}

run "watched_states" {
  variables {
    watched_states = ["stopping", "pending"]
  }

  assert {
    condition     = jsonencode(jsondecode(module.events.state_change_rule.event_pattern).detail.state) == jsonencode(["pending", "stopping"])
    error_message = "The pattern is: ${module.events.state_change_rule.event_pattern}"
  }
}

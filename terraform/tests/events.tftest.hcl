mock_provider "aws" {
  source = "./tests/mocks"
}

variables {
  lambda_zip_path = "tests/fixtures/bootstrap.zip"
  suffix          = "qa42"
}

run "rules" {
  assert {
    condition = jsonencode({ for purpose, rule in module.events.rules : purpose => jsondecode(rule.event_pattern) }) == jsonencode({
      state_change = {
        source      = ["aws.ec2"]
        detail-type = ["EC2 Instance State-change Notification"]
        detail      = { state = ["running", "stopped", "terminated"] }
      }
      tag_change = {
        source      = ["aws.tag"]
        detail-type = ["Tag Change on Resource"]
        detail      = { service = ["ec2"], resource-type = ["instance"] }
      }
    })
    error_message = "The patterns are: ${jsonencode(values(module.events.rules)[*].event_pattern)}"
  }

  assert {
    condition     = alltrue([for rule in module.events.rules : rule.state == "ENABLED" && coalesce(rule.event_bus_name, "default") == "default"])
    error_message = "A rule is off or on a bus that AWS's services do not use."
  }
}

run "targets" {
  assert {
    condition     = keys(module.events.targets) == keys(module.events.rules) && length(module.events.targets) == 2
    error_message = "Targets: ${join(", ", keys(module.events.targets))}"
  }

  assert {
    condition     = alltrue([for purpose, target in module.events.targets : target.rule == module.events.rules[purpose].id && target.arn == module.checker.function.arn])
    error_message = "A target is not that of its rule, or not the function."
  }

  assert {
    condition     = alltrue([for target in module.events.targets : one(target.dead_letter_config).arn == module.dead_letter_queue.queue.arn])
    error_message = "Events that cannot be delivered are lost."
  }

  assert {
    condition     = alltrue([for target in module.events.targets : one(target.retry_policy).maximum_event_age_in_seconds == 86400 && one(target.retry_policy).maximum_retry_attempts == 185])
    error_message = "Delivery is not retried for a day."
  }

  assert {
    condition     = alltrue([for target in module.events.targets : target.input == null && target.input_path == null && length(target.input_transformer) == 0])
    error_message = "The function does not get the event as it is."
  }
}

run "permissions" {
  command = plan

  assert {
    condition     = alltrue([for permission in module.events.permissions : permission.action == "lambda:InvokeFunction" && permission.principal == "events.amazonaws.com"])
    error_message = "A rule cannot invoke the function."
  }

  assert {
    condition     = alltrue([for permission in module.events.permissions : permission.function_name == module.checker.function.function_name])
    error_message = "A permission is on another function."
  }

  assert {
    condition     = { for purpose, permission in module.events.permissions : purpose => permission.statement_id } == { state_change = "AllowStateChangeRule", tag_change = "AllowTagChangeRule" }
    error_message = "Statements: ${jsonencode(values(module.events.permissions)[*].statement_id)}"
  }
}

run "permissions_are_by_rule" {
  command = plan

  module {
    source = "./modules/events"
  }

  variables {
    alert_group_wait_seconds    = 10
    tags                        = {}
    dead_letter_queue_arn       = "arn:aws:sqs:us-east-1:123456789012:dead-letters"
    delay_queue                 = { arn = "arn:aws:sqs:us-east-1:123456789012:delay" }
    event_delivery              = "direct"
    event_queue                 = { arn = "arn:aws:sqs:us-east-1:123456789012:events" }
    event_queue_drain_seconds   = 0
    event_queue_max_concurrency = 10
    event_queue_window_seconds  = 1
    function_arn                = "arn:aws:lambda:us-east-1:123456789012:function:function"
    function_name               = "function"
    state_change_rule_name      = "state-change"
    state_stream_arn            = "arn:aws:dynamodb:us-east-1:123456789012:table/state/stream/2026-01-01T00:00:00.000"
    tag_change_rule_name        = "tag-change"
    watched_states              = ["running"]
  }

  override_resource {
    target          = aws_cloudwatch_event_rule.checker["state_change"]
    override_during = plan
    values          = { arn = "arn:aws:events:us-east-1:123456789012:rule/state-change" }
  }

  override_resource {
    target          = aws_cloudwatch_event_rule.checker["tag_change"]
    override_during = plan
    values          = { arn = "arn:aws:events:us-east-1:123456789012:rule/tag-change" }
  }

  assert {
    condition = { for purpose, permission in output.permissions : purpose => permission.source_arn } == {
      state_change = "arn:aws:events:us-east-1:123456789012:rule/state-change"
      tag_change   = "arn:aws:events:us-east-1:123456789012:rule/tag-change"
    }
    error_message = "The rules that may invoke the function: ${jsonencode(values(output.permissions)[*].source_arn)}"
  }
}

# terminated closes violations, and a sweep does not list such instances.
run "the_end_of_an_instance_is_always_watched" {
  variables {
    watched_states = ["stopping", "pending"]
  }

  assert {
    condition     = jsonencode(jsondecode(module.events.rules["state_change"].event_pattern).detail.state) == jsonencode(["pending", "stopping", "terminated"])
    error_message = "The pattern is: ${module.events.rules["state_change"].event_pattern}"
  }

  assert {
    condition     = module.events.rules["state_change"].description == "EC2 instances that enter one of these states: pending, stopping, terminated."
    error_message = "Description: ${module.events.rules["state_change"].description}"
  }

  assert {
    condition     = module.checker.function.environment[0].variables["WATCHED_STATES"] == "pending,stopping"
    error_message = "A sweep covers ${module.checker.function.environment[0].variables["WATCHED_STATES"]}."
  }
}

# Another suffix in the same state would replace everything. The role keeps the first one, and the plan fails with a message.

mock_provider "aws" {
  source = "./tests/mocks"
}

variables {
  alert_tags               = "all"
  log_retention_days       = 7
  recursion_config_enabled = true

  alert_group_interval_seconds = 60
  alert_repeat_interval_hours  = 168
  reminder_days                = [3, 7, 14]
  resolved_notices_enabled     = false

  account_id               = "123456789012"
  alert_topic_arn          = "arn:aws:sns:us-east-1:123456789012:topic"
  architecture             = "arm64"
  dead_letter_queue_arn    = "arn:aws:sqs:us-east-1:123456789012:queue"
  delay_queue              = { arn = "arn:aws:sqs:us-east-1:123456789012:delay", url = "https://sqs.us-east-1.amazonaws.com/123456789012/delay" }
  environment_suffix       = "qa42"
  event_bus_arn            = "arn:aws:events:us-east-1:123456789012:event-bus/default"
  event_queue              = { arn = "arn:aws:sqs:us-east-1:123456789012:events" }
  function_name            = "function"
  log_bucket               = { arn = "arn:aws:s3:::bucket", name = "bucket" }
  log_group_name           = "/aws/lambda/function"
  log_level                = "INFO"
  metric_namespace         = "TagCompliance"
  owner_patterns           = []
  role_name                = "role-qa42"
  settle_seconds           = 60
  state_table              = { arn = "arn:aws:dynamodb:us-east-1:123456789012:table/table", due_index_arn = "arn:aws:dynamodb:us-east-1:123456789012:table/table/index/due", name = "table" }
  sweep_digest             = "violations"
  tag_policy_json          = "{\"required_tags\":[{\"key\":\"Owner\"}]}"
  tags                     = {}
  violation_events_enabled = false
  watched_states           = ["running"]
  zip_path                 = "tests/fixtures/bootstrap.zip"
  audit_records            = "each"
  metrics                  = "api"
  system_log_level         = "INFO"
}

run "the_first_suffix" {
  module {
    source = "./modules/checker"
  }

  assert {
    condition     = aws_iam_role.checker.name == "role-qa42"
    error_message = "The role is called ${aws_iam_role.checker.name}"
  }
}

run "refuses_another_suffix" {
  command = plan

  module {
    source = "./modules/checker"
  }

  variables {
    role_name = "role-pr43"
  }

  expect_failures = [aws_iam_role.checker]
}

run "goes_on_with_the_first" {
  command = plan

  module {
    source = "./modules/checker"
  }

  variables {
    settle_seconds = 30
  }

  assert {
    condition     = aws_iam_role.checker.name == "role-qa42"
    error_message = "The role is called ${aws_iam_role.checker.name}"
  }
}

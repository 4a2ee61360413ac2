# scripts/dev/tests/test_terraform.py checks what these plans replace along with the resources that they are told to.

mock_provider "aws" {
  source = "./tests/mocks"
}

variables {
  event_delivery            = "queue"
  event_queue_drain_seconds = 0
  lambda_zip_path           = "tests/fixtures/bootstrap.zip"
  metrics                   = "logs"
  scheduler_enabled         = false
  suffix                    = "qa42"
}

run "everything" {
}

run "function" {
  command = plan

  plan_options {
    replace = [module.checker.aws_lambda_function.checker]
  }
}

run "role" {
  command = plan

  plan_options {
    replace = [module.checker.aws_iam_role.checker]
  }
}

run "rule" {
  command = plan

  plan_options {
    replace = [module.events.aws_cloudwatch_event_rule.checker["tag_change"]]
  }
}

run "table" {
  command = plan

  plan_options {
    replace = [module.state_table.aws_dynamodb_table.state]
  }
}

run "log_group" {
  command = plan

  plan_options {
    replace = [module.checker.aws_cloudwatch_log_group.checker]
  }
}

run "queues_and_topic" {
  command = plan

  plan_options {
    replace = [
      module.alerts.aws_sns_topic.alerts,
      module.dead_letter_queue.aws_sqs_queue.dead_letters,
      module.delay_queue.aws_sqs_queue.work,
      module.event_queue.aws_sqs_queue.work,
    ]
  }
}

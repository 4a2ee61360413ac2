mock_provider "aws" {
  source = "./tests/mocks"
}

variables {
  lambda_zip_path = "tests/fixtures/bootstrap.zip"
  suffix          = "qa42"
}

# Before anything is applied: a state keeps its suffix.
run "longest_names_fit" {
  command = plan

  variables {
    suffix = "a23456789-123456789-123456789-123456"
  }

  assert {
    condition     = length(var.suffix) == 36 && alltrue([for name in values(local.names) : endswith(name, "-${var.suffix}")])
    error_message = "A name lacks the suffix."
  }

  assert {
    condition     = alltrue([for kind, name in local.names : length(name) <= 63 || contains(["channels_dead_letter_queue", "channels_dead_letters_alarm", "channels_failed_alarm", "channels_machine_role", "dead_letters_alarm", "log_group", "role", "unwritten_records_alarm"], kind)])
    error_message = "A name is longer than 63 characters, a bucket's limit and the lowest of all."
  }

  assert {
    condition     = length(local.names.role) == 64 && length(local.names.channels_machine_role) == 64
    error_message = "The longest suffix must fill an IAM role's 64 characters exactly."
  }
}

run "longest_name_of_a_channel_fits" {
  command = plan

  module {
    source = "./modules/names"
  }

  variables {
    channels = ["a234567890123456789"]
    suffix   = "a23456789-123456789-123456789-123456"
  }

  assert {
    condition     = output.channels == { a234567890123456789 = "channel-a234567890123456789-${var.suffix}" } && length(output.channels.a234567890123456789) == 64
    error_message = "The longest names must fill the 64 characters of rules, roles, API destinations and connections: ${jsonencode(output.channels)}"
  }
}

run "suffix_and_namespace" {
  command = plan

  variables {
    metric_namespace = "Other/Namespace"
    suffix           = "x"
  }

  assert {
    condition     = output.environment_suffix == "x" && output.metric_namespace == "Other/Namespace" && output.metrics == "api"
    error_message = "The outputs do not follow the variables."
  }
}

run "names" {
  assert {
    condition     = module.audit_log.bucket.bucket == "compliance-logs-qa42"
    error_message = "bucket: ${module.audit_log.bucket.bucket}"
  }

  assert {
    condition     = module.alerts.topic.name == "compliance-alerts-qa42"
    error_message = "topic: ${module.alerts.topic.name}"
  }

  assert {
    condition     = module.checker.role.name == "tag-compliance-checker-role-qa42"
    error_message = "role: ${module.checker.role.name}"
  }

  assert {
    condition     = module.checker.function.function_name == "tag-compliance-checker-qa42"
    error_message = "function: ${module.checker.function.function_name}"
  }

  assert {
    condition     = module.checker.log_group.name == "/aws/lambda/tag-compliance-checker-qa42"
    error_message = "log group: ${module.checker.log_group.name}"
  }

  assert {
    condition     = module.events.rules["state_change"].name == "ec2-state-change-qa42"
    error_message = "rule: ${module.events.rules["state_change"].name}"
  }

  assert {
    condition     = module.events.rules["tag_change"].name == "ec2-tag-change-qa42"
    error_message = "rule: ${module.events.rules["tag_change"].name}"
  }

  assert {
    condition     = module.delay_queue.queue.name == "tag-compliance-delay-qa42"
    error_message = "queue: ${module.delay_queue.queue.name}"
  }

  assert {
    condition     = module.sweep[0].schedule.name == "tag-compliance-sweep-qa42"
    error_message = "schedule: ${module.sweep[0].schedule.name}"
  }

  assert {
    condition     = module.sweep[0].role.name == "tag-compliance-sweep-role-qa42"
    error_message = "role: ${module.sweep[0].role.name}"
  }

  assert {
    condition     = module.observability.dashboard.dashboard_name == "tag-compliance-qa42"
    error_message = "dashboard: ${module.observability.dashboard.dashboard_name}"
  }

  assert {
    condition     = module.observability.alarm.alarm_name == "high-non-compliance-qa42"
    error_message = "alarm: ${module.observability.alarm.alarm_name}"
  }

  assert {
    condition     = module.dead_letter_queue.queue.name == "tag-compliance-dlq-qa42"
    error_message = "queue: ${module.dead_letter_queue.queue.name}"
  }

  assert {
    condition     = module.state_table.table.name == "tag-compliance-state-qa42"
    error_message = "table: ${module.state_table.table.name}"
  }

  assert {
    condition     = module.observability.no_sweep_alarm.alarm_name == "tag-compliance-no-sweep-qa42"
    error_message = "alarm: ${module.observability.no_sweep_alarm.alarm_name}"
  }
}

run "outputs" {
  assert {
    condition = {
      alarm_name                   = output.alarm_name
      alert_topic_arn              = output.alert_topic_arn
      channels                     = output.channels
      dashboard_name               = output.dashboard_name
      dead_letters_alarm_name      = output.dead_letters_alarm_name
      dead_letter_queue_arn        = output.dead_letter_queue_arn
      dead_letter_queue_url        = output.dead_letter_queue_url
      delay_queue_arn              = output.delay_queue_arn
      delay_queue_url              = output.delay_queue_url
      environment_suffix           = output.environment_suffix
      event_bus_arn                = output.event_bus_arn
      event_delivery               = output.event_delivery
      function_arn                 = output.function_arn
      function_name                = output.function_name
      log_bucket_arn               = output.log_bucket_arn
      log_bucket_name              = output.log_bucket_name
      log_group_name               = output.log_group_name
      metric_namespace             = output.metric_namespace
      no_sweep_alarm_name          = output.no_sweep_alarm_name
      region                       = output.region
      role_arn                     = output.role_arn
      role_name                    = output.role_name
      rule_arn                     = output.rule_arn
      rule_name                    = output.rule_name
      settle_seconds               = output.settle_seconds
      state_table_arn              = output.state_table_arn
      state_table_name             = output.state_table_name
      sweep_role_arn               = output.sweep_role_arn
      sweep_role_name              = output.sweep_role_name
      sweep_schedule_name          = output.sweep_schedule_name
      tag_change_rule_arn          = output.tag_change_rule_arn
      tag_change_rule_name         = output.tag_change_rule_name
      tag_policy                   = output.tag_policy
      unwritten_records_alarm_name = output.unwritten_records_alarm_name
      } == {
      alarm_name                   = "high-non-compliance-qa42"
      alert_topic_arn              = "arn:aws-cn:sns:cn-north-1:123456789012:mock"
      channels                     = {}
      dashboard_name               = "tag-compliance-qa42"
      dead_letters_alarm_name      = "tag-compliance-dead-letters-qa42"
      dead_letter_queue_arn        = "arn:aws-cn:sqs:cn-north-1:123456789012:mock"
      dead_letter_queue_url        = "https://sqs.cn-north-1.amazonaws.com.cn/123456789012/mock"
      delay_queue_arn              = "arn:aws-cn:sqs:cn-north-1:123456789012:mock"
      delay_queue_url              = "https://sqs.cn-north-1.amazonaws.com.cn/123456789012/mock"
      environment_suffix           = "qa42"
      event_bus_arn                = "arn:aws-cn:events:cn-north-1:123456789012:event-bus/default"
      event_delivery               = "direct"
      function_arn                 = "arn:aws-cn:lambda:cn-north-1:123456789012:function:mock"
      function_name                = "tag-compliance-checker-qa42"
      log_bucket_arn               = "arn:aws-cn:s3:::mock-bucket"
      log_bucket_name              = "compliance-logs-qa42"
      log_group_name               = "/aws/lambda/tag-compliance-checker-qa42"
      metric_namespace             = "TagCompliance"
      no_sweep_alarm_name          = "tag-compliance-no-sweep-qa42"
      region                       = "cn-north-1"
      role_arn                     = "arn:aws-cn:iam::123456789012:role/mock"
      role_name                    = "tag-compliance-checker-role-qa42"
      rule_arn                     = "arn:aws-cn:events:cn-north-1:123456789012:rule/mock"
      rule_name                    = "ec2-state-change-qa42"
      settle_seconds               = 60
      state_table_arn              = "arn:aws-cn:dynamodb:cn-north-1:123456789012:table/mock"
      state_table_name             = "tag-compliance-state-qa42"
      sweep_role_arn               = "arn:aws-cn:iam::123456789012:role/mock"
      sweep_role_name              = "tag-compliance-sweep-role-qa42"
      sweep_schedule_name          = "tag-compliance-sweep-qa42"
      tag_change_rule_arn          = "arn:aws-cn:events:cn-north-1:123456789012:rule/mock"
      tag_change_rule_name         = "ec2-tag-change-qa42"
      tag_policy                   = "{\"required_tags\":[{\"allowed_values\":[\"dev\",\"staging\",\"prod\"],\"key\":\"Environment\"},{\"key\":\"Owner\"},{\"key\":\"Application\"}]}"
      unwritten_records_alarm_name = "tag-compliance-unwritten-records-qa42"
    }
    error_message = "The outputs differ."
  }
}

run "no_other_output" {
  command = plan

  assert {
    condition     = length(keys(run.outputs)) == 44
    error_message = "Outputs: ${join(", ", keys(run.outputs))}"
  }
}

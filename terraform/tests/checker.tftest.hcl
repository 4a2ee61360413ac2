mock_provider "aws" {
  source = "./tests/mocks"
}

variables {
  lambda_zip_path = "tests/fixtures/bootstrap.zip"
  suffix          = "qa42"
}

run "function" {
  assert {
    condition     = module.checker.function.runtime == "provided.al2023" && module.checker.function.handler == "bootstrap"
    error_message = "runtime ${module.checker.function.runtime}, handler ${module.checker.function.handler}"
  }

  assert {
    condition     = module.checker.function.memory_size == 256 && module.checker.function.timeout == 60
    error_message = "${module.checker.function.memory_size} MB, ${module.checker.function.timeout} s"
  }

  assert {
    condition     = module.checker.function.architectures == tolist(["arm64"])
    error_message = "The default architecture is not arm64."
  }

  assert {
    condition     = coalesce(module.checker.function.reserved_concurrent_executions, -1) == -1
    error_message = "Concurrency is reserved: the function would throttle, or take from the account's other functions."
  }

  assert {
    condition     = module.checker.function.role == module.checker.role.arn
    error_message = "The function has another role."
  }

  assert {
    condition     = module.checker.function.filename == "tests/fixtures/bootstrap.zip" && module.checker.function.source_code_hash == filebase64sha256("tests/fixtures/bootstrap.zip")
    error_message = "lambda_zip_path is not what is deployed."
  }

  assert {
    condition = jsonencode(module.checker.function.environment[0].variables) == jsonencode({
      ALERT_GROUP_INTERVAL_SECONDS = "60"
      ALERT_REPEAT_INTERVAL_HOURS  = "168"
      ALERT_TOPIC_ARN              = "arn:aws-cn:sns:cn-north-1:123456789012:mock"
      DELAY_QUEUE_URL              = "https://sqs.cn-north-1.amazonaws.com.cn/123456789012/mock"
      ENVIRONMENT_SUFFIX           = "qa42"
      LOG_BUCKET_NAME              = "compliance-logs-qa42"
      LOG_BUCKET_OWNER             = "123456789012"
      METRIC_NAMESPACE             = "TagCompliance"
      REMINDER_DAYS                = "3,7,14"
      RESOLVED_NOTICES             = "false"
      SETTLE_SECONDS               = "60"
      STATE_TABLE                  = "tag-compliance-state-qa42"
      SWEEP_DIGEST                 = "violations"
      TAG_POLICY                   = "{\"required_tags\":[{\"allowed_values\":[\"dev\",\"staging\",\"prod\"],\"key\":\"Environment\"},{\"key\":\"Owner\"},{\"key\":\"Application\"}]}"
      VIOLATION_EVENTS             = "true"
      WATCHED_STATES               = "running,stopped"
    })
    error_message = "The environment is: ${jsonencode(module.checker.function.environment[0].variables)}"
  }
}

run "logs" {
  command = plan

  assert {
    condition     = module.checker.log_group.retention_in_days == 7
    error_message = "Logs are kept for ${module.checker.log_group.retention_in_days} days."
  }

  assert {
    condition     = module.checker.function.logging_config[0].log_group == module.checker.log_group.name
    error_message = "The function logs to another group."
  }

  assert {
    condition     = module.checker.function.logging_config[0].log_format == "JSON" && module.checker.function.logging_config[0].application_log_level == "INFO"
    error_message = "The function does not log JSON from INFO on."
  }

  assert {
    condition     = module.checker.function.logging_config[0].system_log_level == "INFO"
    error_message = "Lambda reports no invocations: the manual's query of the slowest finds nothing."
  }
}

run "event_invoke_config" {
  command = plan

  assert {
    condition     = module.checker.event_invoke_config.function_name == module.checker.function.function_name && module.checker.event_invoke_config.qualifier == null
    error_message = "The retries are those of another function or version."
  }

  assert {
    condition     = one(one(module.checker.event_invoke_config.destination_config).on_failure).destination == module.dead_letter_queue.queue.arn
    error_message = "Failed events do not go to the dead-letter queue."
  }

  assert {
    condition     = length(one(module.checker.event_invoke_config.destination_config).on_success) == 0
    error_message = "Successes have a destination."
  }

  assert {
    condition     = module.checker.event_invoke_config.maximum_retry_attempts == 2 && module.checker.event_invoke_config.maximum_event_age_in_seconds == 21600
    error_message = "An event is not retried twice within six hours."
  }
}

run "role" {
  command = plan

  assert {
    condition = jsonencode(jsondecode(module.checker.role.assume_role_policy)) == jsonencode({
      Version = "2012-10-17"
      Statement = [{
        Sid       = "AssumedByLambda"
        Effect    = "Allow"
        Principal = { Service = "lambda.amazonaws.com" }
        Action    = "sts:AssumeRole"
      }]
    })
    error_message = "The trust policy is: ${module.checker.role.assume_role_policy}"
  }

  assert {
    condition     = module.checker.role.permissions_boundary == null
    error_message = "The role is bounded by default."
  }

  assert {
    condition     = module.checker.role_policy.role == module.checker.role.id
    error_message = "The policy is on another role."
  }

  assert {
    condition = jsondecode(module.checker.role_policy.policy).Version == "2012-10-17" && jsonencode(jsondecode(module.checker.role_policy.policy).Statement[*].Sid) == jsonencode([
      "ReadInstances", "WriteAuditRecords", "PublishAlerts", "PutMetrics", "WriteLogs", "SendDeadLetters", "UseDelayQueue", "ReceiveEvents", "UseStateTable", "FindWhatIsDue", "ReadStateStream", "PublishEvents",
    ])
    error_message = "The role has other statements: ${module.checker.role_policy.policy}"
  }

  assert {
    condition = jsonencode([for statement in jsondecode(module.checker.role_policy.policy).Statement : statement if statement.Sid == "ReadInstances"]) == jsonencode([{
      Sid      = "ReadInstances"
      Effect   = "Allow"
      Action   = ["ec2:DescribeInstances", "ec2:DescribeTags"]
      Resource = "*"
    }])
    error_message = "ReadInstances differs: ${module.checker.role_policy.policy}"
  }

  assert {
    condition = jsonencode([for statement in jsondecode(module.checker.role_policy.policy).Statement : statement if statement.Sid == "WriteAuditRecords"]) == jsonencode([{
      Sid      = "WriteAuditRecords"
      Effect   = "Allow"
      Action   = ["s3:PutObject"]
      Resource = "arn:aws-cn:s3:::mock-bucket/scans/*"
    }])
    error_message = "WriteAuditRecords differs: ${module.checker.role_policy.policy}"
  }

  assert {
    condition = jsonencode([for statement in jsondecode(module.checker.role_policy.policy).Statement : statement if statement.Sid == "PublishAlerts"]) == jsonencode([{
      Sid      = "PublishAlerts"
      Effect   = "Allow"
      Action   = ["sns:Publish"]
      Resource = "arn:aws-cn:sns:cn-north-1:123456789012:mock"
    }])
    error_message = "PublishAlerts differs: ${module.checker.role_policy.policy}"
  }

  assert {
    condition = jsonencode([for statement in jsondecode(module.checker.role_policy.policy).Statement : statement if statement.Sid == "PublishEvents"]) == jsonencode([{
      Sid       = "PublishEvents"
      Effect    = "Allow"
      Action    = ["events:PutEvents"]
      Resource  = "arn:aws-cn:events:cn-north-1:123456789012:event-bus/default"
      Condition = { StringEquals = { "events:source" = "tag-compliance" } }
    }])
    error_message = "PublishEvents differs: ${module.checker.role_policy.policy}"
  }

  assert {
    condition = jsonencode([for statement in jsondecode(module.checker.role_policy.policy).Statement : statement if statement.Sid == "PutMetrics"]) == jsonencode([{
      Sid       = "PutMetrics"
      Effect    = "Allow"
      Action    = ["cloudwatch:PutMetricData"]
      Resource  = "*"
      Condition = { StringEquals = { "cloudwatch:namespace" = "TagCompliance" } }
    }])
    error_message = "PutMetrics differs: ${module.checker.role_policy.policy}"
  }

  assert {
    condition = jsonencode([for statement in jsondecode(module.checker.role_policy.policy).Statement : statement if statement.Sid == "WriteLogs"]) == jsonencode([{
      Sid      = "WriteLogs"
      Effect   = "Allow"
      Action   = ["logs:CreateLogStream", "logs:PutLogEvents"]
      Resource = "arn:aws-cn:logs:cn-north-1:123456789012:log-group:mock:*"
    }])
    error_message = "WriteLogs differs: ${module.checker.role_policy.policy}"
  }

  assert {
    condition = jsonencode([for statement in jsondecode(module.checker.role_policy.policy).Statement : statement if statement.Sid == "SendDeadLetters"]) == jsonencode([{
      Sid      = "SendDeadLetters"
      Effect   = "Allow"
      Action   = ["sqs:SendMessage"]
      Resource = "arn:aws-cn:sqs:cn-north-1:123456789012:mock"
    }])
    error_message = "SendDeadLetters differs: ${module.checker.role_policy.policy}"
  }

  assert {
    condition = jsonencode([for statement in jsondecode(module.checker.role_policy.policy).Statement : statement if statement.Sid == "UseDelayQueue"]) == jsonencode([{
      Sid      = "UseDelayQueue"
      Effect   = "Allow"
      Action   = ["sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:ReceiveMessage", "sqs:SendMessage"]
      Resource = "arn:aws-cn:sqs:cn-north-1:123456789012:mock"
    }])
    error_message = "UseDelayQueue differs: ${module.checker.role_policy.policy}"
  }

  assert {
    condition = jsonencode([for statement in jsondecode(module.checker.role_policy.policy).Statement : statement if strcontains(jsonencode(statement), "dynamodb")]) == jsonencode([
      {
        Sid      = "UseStateTable"
        Effect   = "Allow"
        Action   = ["dynamodb:BatchGetItem", "dynamodb:GetItem", "dynamodb:Query", "dynamodb:UpdateItem"]
        Resource = "arn:aws-cn:dynamodb:cn-north-1:123456789012:table/mock"
      },
      {
        Sid      = "FindWhatIsDue"
        Effect   = "Allow"
        Action   = ["dynamodb:Query", "dynamodb:Scan"]
        Resource = "arn:aws-cn:dynamodb:cn-north-1:123456789012:table/mock/index/due"
      },
      {
        Sid      = "ReadStateStream"
        Effect   = "Allow"
        Action   = ["dynamodb:DescribeStream", "dynamodb:GetRecords", "dynamodb:GetShardIterator", "dynamodb:ListStreams"]
        Resource = "arn:aws-cn:dynamodb:cn-north-1:123456789012:table/mock/stream/*"
      },
    ])
    error_message = "The rights to the state table differ: ${module.checker.role_policy.policy}"
  }
}

run "everything_by_variable" {
  variables {
    alert_group_interval_seconds = 900
    alert_repeat_interval_hours  = 8760
    architecture                 = "x86_64"
    log_level                    = "DEBUG"
    metric_namespace             = "Other/Namespace"
    permissions_boundary_arn     = "arn:aws-cn:iam::123456789012:policy/boundary"
    reminder_days                = [365, 30, 7]
    resolved_notices_enabled     = true
    settle_seconds               = 900
    sweep_digest                 = "always"
    system_log_level             = "WARN"
    tag_policy = {
      required_tags = [
        { key = "b" },
        { key = "a", allowed_values = ["2", "1"] },
        { key = "c", allowed_values = null },
      ]
      forbidden_tags = [{ key = "d" }]
    }
    tags           = { a = "1", b = "x", c = "y" }
    watched_states = ["stopping", "pending"]
  }

  assert {
    condition     = module.checker.function.architectures == tolist(["x86_64"])
    error_message = "architecture is not used."
  }

  assert {
    condition     = module.checker.function.logging_config[0].application_log_level == "DEBUG"
    error_message = "log_level is not used."
  }

  assert {
    condition     = module.checker.function.logging_config[0].system_log_level == "WARN"
    error_message = "system_log_level is not used."
  }

  assert {
    condition     = module.checker.role.permissions_boundary == "arn:aws-cn:iam::123456789012:policy/boundary"
    error_message = "permissions_boundary_arn is not used."
  }

  assert {
    condition     = module.checker.function.environment[0].variables["METRIC_NAMESPACE"] == "Other/Namespace"
    error_message = "metric_namespace does not reach the function."
  }

  assert {
    condition     = one([for statement in jsondecode(module.checker.role_policy.policy).Statement : statement if statement.Sid == "PutMetrics"]).Condition.StringEquals["cloudwatch:namespace"] == "Other/Namespace"
    error_message = "metric_namespace does not reach the role."
  }

  assert {
    condition     = module.checker.function.environment[0].variables["TAG_POLICY"] == "{\"forbidden_tags\":[{\"key\":\"d\"}],\"required_tags\":[{\"key\":\"b\"},{\"allowed_values\":[\"2\",\"1\"],\"key\":\"a\"},{\"key\":\"c\"}]}"
    error_message = "TAG_POLICY is: ${module.checker.function.environment[0].variables["TAG_POLICY"]}"
  }

  assert {
    condition     = module.checker.function.environment[0].variables["WATCHED_STATES"] == "pending,stopping"
    error_message = "WATCHED_STATES is: ${module.checker.function.environment[0].variables["WATCHED_STATES"]}"
  }

  assert {
    condition     = module.checker.function.environment[0].variables["SETTLE_SECONDS"] == "900" && module.checker.function.environment[0].variables["SWEEP_DIGEST"] == "always"
    error_message = "settle_seconds or sweep_digest does not reach the function."
  }

  assert {
    condition     = [for name in ["ALERT_GROUP_INTERVAL_SECONDS", "ALERT_REPEAT_INTERVAL_HOURS", "REMINDER_DAYS", "RESOLVED_NOTICES"] : module.checker.function.environment[0].variables[name]] == ["900", "8760", "7,30,365", "true"]
    error_message = "A variable about alerts does not reach the function: ${jsonencode(module.checker.function.environment[0].variables)}"
  }
}

run "an_alert_at_every_check_waits_for_no_group" {
  command = plan

  variables {
    alert_group_interval_seconds = 300
    alert_repeat_interval_hours  = 0
  }

  assert {
    condition     = module.checker.function.environment[0].variables["ALERT_GROUP_INTERVAL_SECONDS"] == "0" && module.checker.function.environment[0].variables["ALERT_REPEAT_INTERVAL_HOURS"] == "0"
    error_message = "The environment is: ${jsonencode(module.checker.function.environment[0].variables)}"
  }
}

run "no_alert_is_repeated_without_an_interval" {
  command = plan

  variables {
    alert_repeat_interval_hours = null
  }

  assert {
    condition     = module.checker.function.environment[0].variables["ALERT_GROUP_INTERVAL_SECONDS"] == "60" && module.checker.function.environment[0].variables["ALERT_REPEAT_INTERVAL_HOURS"] == "never"
    error_message = "The environment is: ${jsonencode(module.checker.function.environment[0].variables)}"
  }
}

run "nothing_is_overdue_without_days" {
  command = plan

  variables {
    reminder_days = []
  }

  assert {
    condition     = module.checker.function.environment[0].variables["REMINDER_DAYS"] == "none"
    error_message = "REMINDER_DAYS is: ${module.checker.function.environment[0].variables["REMINDER_DAYS"]}"
  }
}

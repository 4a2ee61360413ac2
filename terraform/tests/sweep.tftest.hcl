mock_provider "aws" {
  source = "./tests/mocks"
}

variables {
  lambda_zip_path = "tests/fixtures/bootstrap.zip"
  suffix          = "qa42"
}

run "schedule" {
  assert {
    condition     = module.sweep[0].schedule.schedule_expression == "rate(1 day)" && module.sweep[0].schedule.state == "ENABLED"
    error_message = "The sweep does not run once a day by default."
  }

  assert {
    condition     = coalesce(module.sweep[0].schedule.schedule_expression_timezone, "UTC") == "UTC" && one(module.sweep[0].schedule.flexible_time_window).mode == "OFF"
    error_message = "The sweep runs at another time than its schedule says."
  }

  assert {
    condition     = endswith(local.arns.schedule_group, ":schedule-group/${module.sweep[0].schedule.group_name}")
    error_message = "The schedule is in the group ${module.sweep[0].schedule.group_name}, which the role does not trust."
  }

  assert {
    condition     = one(module.sweep[0].schedule.target).arn == module.checker.function.arn && one(module.sweep[0].schedule.target).input == null
    error_message = "The schedule has another target, or an input of its own."
  }

  assert {
    condition     = one(module.sweep[0].schedule.target).role_arn == module.sweep[0].role.arn
    error_message = "The schedule uses another role."
  }

  assert {
    condition     = one(one(module.sweep[0].schedule.target).retry_policy).maximum_event_age_in_seconds == 86400 && one(one(module.sweep[0].schedule.target).retry_policy).maximum_retry_attempts == 185
    error_message = "The start is not retried for a day."
  }

  assert {
    condition     = one(one(module.sweep[0].schedule.target).dead_letter_config).arn == module.dead_letter_queue.queue.arn
    error_message = "Sweeps that could not start have no dead-letter queue."
  }
}

run "role" {
  assert {
    condition = jsonencode(jsondecode(module.sweep[0].role.assume_role_policy)) == jsonencode({
      Version = "2012-10-17"
      Statement = [{
        Sid       = "AssumedByScheduler"
        Effect    = "Allow"
        Principal = { Service = "scheduler.amazonaws.com" }
        Action    = "sts:AssumeRole"
        Condition = {
          StringEquals = { "aws:SourceAccount" = "123456789012" }
          ArnEquals    = { "aws:SourceArn" = "arn:aws-cn:scheduler:cn-north-1:123456789012:schedule-group/default" }
        }
      }]
    })
    error_message = "The trust policy is: ${module.sweep[0].role.assume_role_policy}"
  }

  assert {
    condition     = module.sweep[0].role_policy.role == module.sweep[0].role.id && module.sweep[0].role.permissions_boundary == null
    error_message = "The policy is on another role, or the role is bounded by default."
  }

  assert {
    condition = jsonencode(jsondecode(module.sweep[0].role_policy.policy)) == jsonencode({
      Version = "2012-10-17"
      Statement = [
        {
          Sid      = "InvokeChecker"
          Effect   = "Allow"
          Action   = ["lambda:InvokeFunction"]
          Resource = "arn:aws-cn:lambda:cn-north-1:123456789012:function:mock"
        },
        {
          Sid      = "SendDeadLetters"
          Effect   = "Allow"
          Action   = ["sqs:SendMessage"]
          Resource = "arn:aws-cn:sqs:cn-north-1:123456789012:mock"
        },
      ]
    })
    error_message = "The role may do something else: ${module.sweep[0].role_policy.policy}"
  }
}

run "everything_by_variable" {
  variables {
    permissions_boundary_arn = "arn:aws-cn:iam::123456789012:policy/boundary"
    sweep_schedule           = "cron(0 6 ? * MON-FRI *)"
  }

  assert {
    condition     = module.sweep[0].schedule.schedule_expression == "cron(0 6 ? * MON-FRI *)"
    error_message = "sweep_schedule is not used."
  }

  assert {
    condition     = module.sweep[0].role.permissions_boundary == "arn:aws-cn:iam::123456789012:policy/boundary"
    error_message = "permissions_boundary_arn is not used."
  }
}

run "none_without_a_schedule" {
  variables {
    sweep_schedule = null
  }

  assert {
    condition     = length(module.sweep) == 0
    error_message = "There is a schedule or a role that nothing needs."
  }

  assert {
    condition     = output.sweep_role_arn == null && output.sweep_role_name == null && output.sweep_schedule_name == null
    error_message = "An output names a schedule or a role that is not there."
  }
}

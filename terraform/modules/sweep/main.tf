resource "aws_iam_role" "sweep" {
  name                 = var.role_name
  description          = "Lets EventBridge Scheduler start the sweep ${var.schedule_name}."
  permissions_boundary = var.permissions_boundary_arn
  tags                 = var.tags

  # The ARN of the group: Scheduler names no single schedule when it assumes the role.
  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid       = "AssumedByScheduler"
        Effect    = "Allow"
        Principal = { Service = "scheduler.amazonaws.com" }
        Action    = "sts:AssumeRole"
        Condition = {
          StringEquals = { "aws:SourceAccount" = var.account_id }
          ArnEquals    = { "aws:SourceArn" = var.schedule_group_arn }
        }
      },
    ]
  })
}

resource "aws_iam_role_policy" "sweep" {
  name = "tag-compliance-sweep"
  role = aws_iam_role.sweep.id

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = concat([
      {
        Sid      = "InvokeChecker"
        Effect   = "Allow"
        Action   = ["lambda:InvokeFunction"]
        Resource = var.function_arn
      },
      {
        Sid      = "SendDeadLetters"
        Effect   = "Allow"
        Action   = ["sqs:SendMessage"]
        Resource = var.dead_letter_queue_arn
      },
      ], [
      for key in var.kms_key_arn[*] : {
        Sid      = "UseKey"
        Effect   = "Allow"
        Action   = ["kms:Decrypt", "kms:GenerateDataKey"]
        Resource = key
      }
    ])
  })
}

resource "aws_scheduler_schedule" "sweep" {
  # checkov:skip=CKV_AWS_297:The schedule has no input, and a KMS key costs more than the rest of the system.
  name        = var.schedule_name
  group_name  = "default"
  description = "Evaluates all instances against the tag policy."
  # Set explicitly, so that an apply re-enables a schedule that someone has disabled.
  state               = "ENABLED"
  schedule_expression = var.schedule_expression

  flexible_time_window {
    mode = "OFF"
  }

  # Without an input the function gets Scheduler's own event, which it recognizes as a sweep.
  target {
    arn      = var.function_arn
    role_arn = aws_iam_role.sweep.arn

    # As for events: a late sweep is still correct.
    retry_policy {
      maximum_event_age_in_seconds = 24 * 60 * 60
      maximum_retry_attempts       = 185
    }

    dead_letter_config {
      arn = var.dead_letter_queue_arn
    }
  }

  # Created once the role may invoke the function, and destroyed first.
  depends_on = [aws_iam_role_policy.sweep]
}

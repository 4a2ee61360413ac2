locals {
  # Padded to three digits, since sort() takes strings.
  reminder_days = [for days in sort(formatlist("%03d", var.reminder_days)) : tonumber(days)]

  settings = merge({
    # If every check repeats its alert, nothing holds a group back.
    ALERT_GROUP_INTERVAL_SECONDS = var.alert_repeat_interval_hours == 0 ? "0" : tostring(var.alert_group_interval_seconds)
    ALERT_REPEAT_INTERVAL_HOURS  = var.alert_repeat_interval_hours == null ? "never" : tostring(var.alert_repeat_interval_hours)
    ALERT_TOPIC_ARN              = var.alert_topic_arn
    DELAY_QUEUE_URL              = var.delay_queue.url
    ENVIRONMENT_SUFFIX           = var.environment_suffix
    LOG_BUCKET_NAME              = var.log_bucket.name
    LOG_BUCKET_OWNER             = var.account_id
    METRIC_NAMESPACE             = var.metric_namespace
    REMINDER_DAYS                = coalesce(join(",", local.reminder_days), "none")
    RESOLVED_NOTICES             = tostring(var.resolved_notices_enabled)
    SETTLE_SECONDS               = tostring(var.settle_seconds)
    STATE_TABLE                  = var.state_table.name
    SWEEP_DIGEST                 = var.sweep_digest
    VIOLATION_EVENTS             = tostring(var.violation_events_enabled)
    WATCHED_STATES               = join(",", sort(var.watched_states))
    },
    var.alert_tags == "all" ? {} : { ALERT_TAGS = var.alert_tags },
    var.audit_records == "each" ? {} : { AUDIT_RECORDS = var.audit_records },
    var.metrics == "api" ? {} : { METRICS = var.metrics },
    var.escalate_after_days == null ? {} : { ESCALATE_AFTER_DAYS = tostring(var.escalate_after_days) },
    length(var.owner_patterns) == 0 ? {} : { OWNERS = local.owner_patterns },
  )

  owner_patterns_json  = jsonencode(sort(var.owner_patterns))
  owner_patterns       = length(base64gzip(local.owner_patterns_json)) < length(jsonencode(local.owner_patterns_json)) ? base64gzip(local.owner_patterns_json) : local.owner_patterns_json
  owner_patterns_bytes = length(var.owner_patterns) == 0 ? 0 : floor(length(base64encode(jsonencode({ OWNERS = local.owner_patterns }))) * 3 / 4)

  # The topic ARN and the queue URL are unknown at plan time; neither is longer than 128 characters.
  bounded_settings = merge(local.settings, {
    for name in ["ALERT_TOPIC_ARN", "DELAY_QUEUE_URL"] : name => format("%128s", "")
  })

  # Lambda measures the variables as JSON, in bytes.
  environment_sizes = {
    for form, text in { plain = var.tag_policy_json, compressed = base64gzip(var.tag_policy_json) } :
    form => floor(length(base64encode(jsonencode(merge(local.bounded_settings, { TAG_POLICY = text })))) * 3 / 4)
  }

  # A test of the function holds its own to the same numbers.
  limits              = jsondecode(file("${path.module}/limits.json"))
  largest_environment = local.limits.environment_bytes

  environment = merge(local.settings, {
    TAG_POLICY = local.environment_sizes.plain <= local.largest_environment ? var.tag_policy_json : base64gzip(var.tag_policy_json)
  })
}

# Created first, so that its retention applies from the first line and the role needs no CreateLogGroup.
resource "aws_cloudwatch_log_group" "checker" {
  # checkov:skip=CKV_AWS_158:CloudWatch Logs encrypts with its own key; kms_key_arn sets another if one is wanted.
  # checkov:skip=CKV_AWS_338:What must be kept is in the audit log; these lines are for debugging.
  name              = var.log_group_name
  retention_in_days = var.log_retention_days
  kms_key_id        = var.kms_key_arn
  tags              = var.tags
}

resource "aws_iam_role" "checker" {
  name                 = var.role_name
  description          = "Execution role of the Lambda function ${var.function_name}."
  permissions_boundary = var.permissions_boundary_arn
  tags                 = var.tags

  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid       = "AssumedByLambda"
        Effect    = "Allow"
        Principal = { Service = "lambda.amazonaws.com" }
        Action    = "sts:AssumeRole"
      },
    ]
  })

  # Keeps the name in the state, so that another suffix fails here instead of replacing everything, audit log included.
  lifecycle {
    ignore_changes = [name]

    postcondition {
      condition     = self.name == var.role_name
      error_message = "This state holds another environment: its role is ${self.name}, but this suffix asks for ${var.role_name}. Terraform would destroy that environment, its audit log included. Give each suffix its own state, with scripts/deploy.sh SUFFIX or terraform workspace new SUFFIX (in a module call: its own call). To rename an environment, destroy it first."
    }
  }
}

# Refers to everything that the function writes to, so that on destroy the permission goes first.
resource "aws_iam_role_policy" "checker" {
  name = "tag-compliance-checker"
  role = aws_iam_role.checker.id

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = concat([
      {
        Sid      = "ReadInstances"
        Effect   = "Allow"
        Action   = ["ec2:DescribeInstances", "ec2:DescribeTags"]
        Resource = "*"
      },
      {
        Sid      = "WriteAuditRecords"
        Effect   = "Allow"
        Action   = ["s3:PutObject"]
        Resource = "${var.log_bucket.arn}/scans/*"
      },
      {
        Sid      = "PublishAlerts"
        Effect   = "Allow"
        Action   = ["sns:Publish"]
        Resource = var.alert_topic_arn
      },
      # With metrics = "logs" too: sweeps call it, as does the teller for violations that events missed.
      {
        Sid      = "PutMetrics"
        Effect   = "Allow"
        Action   = ["cloudwatch:PutMetricData"]
        Resource = "*"
        Condition = {
          StringEquals = { "cloudwatch:namespace" = var.metric_namespace }
        }
      },
      {
        Sid      = "WriteLogs"
        Effect   = "Allow"
        Action   = ["logs:CreateLogStream", "logs:PutLogEvents"]
        Resource = "${aws_cloudwatch_log_group.checker.arn}:*"
      },
      {
        Sid      = "SendDeadLetters"
        Effect   = "Allow"
        Action   = ["sqs:SendMessage"]
        Resource = var.dead_letter_queue_arn
      },
      {
        Sid      = "UseDelayQueue"
        Effect   = "Allow"
        Action   = ["sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:ReceiveMessage", "sqs:SendMessage"]
        Resource = var.delay_queue.arn
      },
      {
        Sid      = "ReceiveEvents"
        Effect   = "Allow"
        Action   = ["sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:ReceiveMessage"]
        Resource = var.event_queue.arn
      },
      {
        Sid      = "UseStateTable"
        Effect   = "Allow"
        Action   = ["dynamodb:BatchGetItem", "dynamodb:GetItem", "dynamodb:Query", "dynamodb:UpdateItem"]
        Resource = var.state_table.arn
      },
      {
        Sid      = "FindWhatIsDue"
        Effect   = "Allow"
        Action   = ["dynamodb:Query", "dynamodb:Scan"]
        Resource = var.state_table.due_index_arn
      },
      # Used by Lambda, through the role. A pattern, because ListStreams is not about a single stream.
      {
        Sid      = "ReadStateStream"
        Effect   = "Allow"
        Action   = ["dynamodb:DescribeStream", "dynamodb:GetRecords", "dynamodb:GetShardIterator", "dynamodb:ListStreams"]
        Resource = "${var.state_table.arn}/stream/*"
      },
      # The source is ours alone: nobody can take an event of the function for AWS's.
      ], [
      for bus in var.violation_events_enabled ? [var.event_bus_arn] : [] : {
        Sid      = "PublishEvents"
        Effect   = "Allow"
        Action   = ["events:PutEvents"]
        Resource = bus
        Condition = {
          StringEquals = { "events:source" = "tag-compliance" }
        }
      }
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

resource "aws_lambda_function" "checker" {
  # checkov:skip=CKV_AWS_50:Tracing needs permissions that the role must not have.
  # checkov:skip=CKV_AWS_115:Reserved concurrency would throttle checks, and take capacity from the account's other functions.
  # checkov:skip=CKV_AWS_116:Failed events go to the queue of aws_lambda_function_event_invoke_config.
  # checkov:skip=CKV_AWS_117:It only calls public AWS endpoints; a VPC would need a NAT gateway or endpoints for each service.
  # checkov:skip=CKV_AWS_173:Lambda encrypts with its own key, and no variable is a secret.
  # checkov:skip=CKV_AWS_272:Code signing needs a signing profile; releases carry a build attestation instead.
  function_name = var.function_name
  description   = "Evaluates the tags of EC2 instances against the tag policy, records the result and alerts on violations."
  role          = aws_iam_role.checker.arn
  tags          = var.tags

  runtime       = "provided.al2023"
  handler       = "bootstrap"
  architectures = [var.architecture]
  filename      = var.zip_path
  # A destroy needs no zip; the precondition below catches an apply without one.
  source_code_hash  = try(filebase64sha256(var.zip_path), null)
  s3_bucket         = one(var.s3_object[*].bucket)
  s3_key            = one(var.s3_object[*].key)
  s3_object_version = one(var.s3_object[*].version)

  memory_size = 256
  timeout     = 60

  environment {
    variables = local.environment
  }

  logging_config {
    log_format            = "JSON"
    log_group             = aws_cloudwatch_log_group.checker.name
    application_log_level = var.log_level
    system_log_level      = var.system_log_level
  }

  lifecycle {
    # Lambda's grant to decrypt the environment belongs to this very role: a new role of the same name has none.
    replace_triggered_by = [aws_iam_role.checker.unique_id]

    precondition {
      condition     = var.s3_object != null || try(fileexists(var.zip_path), false)
      error_message = "There is no zip of the function at ${coalesce(var.zip_path, "any path")}. Build it with scripts/build.sh --release --arch ${var.architecture}; without --arch it is built for this machine, and architecture = null uses what was built. Or give the zip of a release in lambda_zip_path, or in s3_bucket and s3_key."
    }

    precondition {
      condition     = min(values(local.environment_sizes)...) <= local.largest_environment
      error_message = "tag_policy is too large: Lambda allows ${local.largest_environment} bytes of environment variables, and these need ${local.environment_sizes.compressed} even with the policy compressed (${local.environment_sizes.plain} without), ${local.owner_patterns_bytes} of them for the keys of owners. Use fewer or shorter rules, exemptions and texts, and patterns with * instead of many owners."
    }
  }

  # The function must never run without its permissions, and on destroy must be gone before they are.
  # A metric filter reads only lines that are younger than itself.
  depends_on = [aws_iam_role_policy.checker, aws_cloudwatch_log_metric_filter.counts]
}

# EventBridge invokes asynchronously, so failures of the function end up here, never in the rule's own dead-letter queue.
resource "aws_lambda_function_event_invoke_config" "checker" {
  function_name                = aws_lambda_function.checker.function_name
  maximum_event_age_in_seconds = 6 * 60 * 60
  maximum_retry_attempts       = 2

  destination_config {
    on_failure {
      destination = var.dead_letter_queue_arn
    }
  }

  # AWS knows it by the function's name only, and deletes it with the function.
  lifecycle {
    replace_triggered_by = [aws_lambda_function.checker.arn]
  }
}

# A long sweep continues through the delay queue, which Lambda would take for a loop and stop after 16 parts. The function
# limits the parts itself.
resource "aws_lambda_function_recursion_config" "checker" {
  count = var.recursion_config_enabled ? 1 : 0

  function_name  = aws_lambda_function.checker.function_name
  recursive_loop = "Allow"

  # AWS knows it by the function's name only, and deletes it with the function.
  lifecycle {
    replace_triggered_by = [aws_lambda_function.checker.arn]
  }
}

moved {
  from = aws_lambda_function_recursion_config.checker
  to   = aws_lambda_function_recursion_config.checker[0]
}

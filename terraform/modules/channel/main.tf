locals {
  # A topic needs no role: its policy admits the rule.
  action     = var.endpoint != null ? "events:InvokeApiDestination" : var.target.resource == "state-machine" ? "states:StartExecution" : null
  target_arn = var.endpoint != null ? one(aws_cloudwatch_event_api_destination.channel[*].arn) : var.target.arn
}

resource "aws_cloudwatch_event_rule" "channel" {
  name = var.channel_name
  # Set explicitly, so that an apply re-enables a rule that someone has disabled.
  state         = "ENABLED"
  description   = var.description
  event_pattern = var.event_pattern
  tags          = var.tags
}

resource "aws_cloudwatch_event_api_destination" "channel" {
  count = var.endpoint != null ? 1 : 0

  name                             = var.channel_name
  description                      = var.description
  connection_arn                   = var.endpoint.connection_arn
  http_method                      = "POST"
  invocation_endpoint              = var.endpoint.url
  invocation_rate_limit_per_second = var.endpoint.rate_limit_per_second
}

resource "aws_iam_role" "channel" {
  count = local.action != null ? 1 : 0

  name                 = var.channel_name
  description          = "Lets EventBridge deliver the events of the rule ${var.channel_name}."
  permissions_boundary = var.permissions_boundary_arn
  tags                 = var.tags

  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid       = "AssumedByRule"
        Effect    = "Allow"
        Principal = { Service = "events.amazonaws.com" }
        Action    = "sts:AssumeRole"
        Condition = {
          StringEquals = { "aws:SourceAccount" = var.account_id }
          ArnEquals    = { "aws:SourceArn" = var.rule_arn }
        }
      },
    ]
  })
}

resource "aws_iam_role_policy" "channel" {
  count = local.action != null ? 1 : 0

  name = "tag-compliance-channel"
  role = aws_iam_role.channel[0].id

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid      = "Deliver"
        Effect   = "Allow"
        Action   = [local.action]
        Resource = local.target_arn
      },
    ]
  })
}

resource "aws_cloudwatch_event_target" "channel" {
  # The id, not the name: it is unknown when the rule is replaced, so the target is replaced too.
  rule       = aws_cloudwatch_event_rule.channel.id
  target_id  = "channel"
  arn        = local.target_arn
  role_arn   = one(aws_iam_role.channel[*].arn)
  input_path = var.input_path

  dynamic "input_transformer" {
    for_each = var.input_template[*]

    content {
      input_template = input_transformer.value
    }
  }

  # AWS's maximum: an operator has a day to renew a secret.
  retry_policy {
    maximum_event_age_in_seconds = 24 * 60 * 60
    maximum_retry_attempts       = 185
  }

  dead_letter_config {
    arn = var.dead_letter_queue_arn
  }

  # Events start once the role may deliver them.
  depends_on = [aws_iam_role_policy.channel]
}

locals {
  rules = {
    state_change = {
      name        = var.state_change_rule_name
      description = "EC2 instances that enter one of the states: ${join(", ", sort(var.watched_states))}."
      event_pattern = {
        source      = ["aws.ec2"]
        detail-type = ["EC2 Instance State-change Notification"]
        detail      = { state = sort(var.watched_states) }
      }
    }
    tag_change = {
      name        = var.tag_change_rule_name
      description = "EC2 instances whose tags change."
      event_pattern = {
        source      = ["aws.tag"]
        detail-type = ["Tag Change on Resource"]
        detail      = { service = ["ec2"], resource-type = ["instance"] }
      }
    }
  }
}

resource "aws_cloudwatch_event_rule" "checker" {
  for_each = local.rules

  name = each.value.name
  # Said, so that an apply enables a rule again that someone has disabled.
  state         = "ENABLED"
  description   = each.value.description
  event_pattern = jsonencode(each.value.event_pattern)
  tags          = var.tags
}

# There with a queue as well, so that a change of the delivery never has a moment without a way.
resource "aws_lambda_permission" "checker" {
  for_each = aws_cloudwatch_event_rule.checker

  statement_id  = "Allow${join("", [for word in split("_", each.key) : title(word)])}Rule"
  action        = "lambda:InvokeFunction"
  function_name = var.function_name
  principal     = "events.amazonaws.com"
  source_arn    = each.value.arn
}

resource "aws_cloudwatch_event_target" "checker" {
  for_each = aws_cloudwatch_event_rule.checker

  rule      = each.value.name
  target_id = "checker"
  arn       = var.event_queue == null ? var.function_arn : var.event_queue.arn

  # AWS's maximum: the check reads the tags anew, so a late hand-over is still right, and spares a person the redrive.
  retry_policy {
    maximum_event_age_in_seconds = 24 * 60 * 60
    maximum_retry_attempts       = 185
  }

  dead_letter_config {
    arn = var.dead_letter_queue_arn
  }

  # No event is sent before somebody takes it in, and on destroy the events stop first.
  depends_on = [aws_lambda_permission.checker, aws_lambda_event_source_mapping.event_queue]
}

locals {
  # As many as one DescribeInstances call can be asked for. The window gathers the events of a fleet that starts at once.
  batch = {
    size           = 200
    window_seconds = 1
    # One record that fails brings back that one only.
    response_types = ["ReportBatchItemFailures"]
  }
}

# Hands over what has waited long enough.
resource "aws_lambda_event_source_mapping" "delay_queue" {
  event_source_arn = var.delay_queue.arn
  function_name    = var.function_arn
  tags             = var.tags

  batch_size                         = local.batch.size
  maximum_batching_window_in_seconds = local.batch.window_seconds
  function_response_types            = local.batch.response_types
}

resource "aws_lambda_event_source_mapping" "event_queue" {
  count = var.event_queue == null ? 0 : 1

  event_source_arn = var.event_queue.arn
  function_name    = var.function_arn
  tags             = var.tags

  batch_size                         = local.batch.size
  maximum_batching_window_in_seconds = local.batch.window_seconds
  function_response_types            = local.batch.response_types

  # What is too much for these waits in the queue, where no attempt is counted.
  scaling_config {
    maximum_concurrency = var.event_queue_max_concurrency
  }

  lifecycle {
    # When it goes, the rules have to send elsewhere first.
    create_before_destroy = true
  }
}

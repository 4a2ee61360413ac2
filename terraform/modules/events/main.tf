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
}

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
  arn       = var.function_arn

  # AWS's maximum: the check reads the tags anew, so a late hand-over is still right, and spares a person the redrive.
  retry_policy {
    maximum_event_age_in_seconds = 24 * 60 * 60
    maximum_retry_attempts       = 185
  }

  dead_letter_config {
    arn = var.dead_letter_queue_arn
  }

  # No event is sent before the function lets it in, and on destroy the events stop first.
  depends_on = [aws_lambda_permission.checker]
}

# Hands over what has waited long enough.
resource "aws_lambda_event_source_mapping" "delay_queue" {
  count = var.delay_queue == null ? 0 : 1

  event_source_arn = var.delay_queue.arn
  function_name    = var.function_arn

  # The window gathers the events of a fleet that starts at once into one batch.
  batch_size                         = 100
  maximum_batching_window_in_seconds = 1
  # One record that fails brings back that one only.
  function_response_types = ["ReportBatchItemFailures"]
}

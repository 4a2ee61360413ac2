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

# Tells this module that the function was replaced: its ARN, which is the same afterwards, is unknown in that plan.
resource "terraform_data" "function" {
  input = var.function_arn
}

# There with a queue as well, so that a change of the delivery never has a moment without a way.
resource "aws_lambda_permission" "checker" {
  # Not the rules themselves: an import, which plans nothing, must know the keys before they are there.
  for_each = local.rules

  statement_id  = "Allow${join("", [for word in split("_", each.key) : title(word)])}Rule"
  action        = "lambda:InvokeFunction"
  function_name = var.function_name
  principal     = "events.amazonaws.com"
  source_arn    = aws_cloudwatch_event_rule.checker[each.key].arn

  # Known by the function's name alone, and gone with the function.
  lifecycle {
    replace_triggered_by = [terraform_data.function]
  }
}

resource "aws_cloudwatch_event_target" "checker" {
  for_each = local.rules

  # The id and not the name: it is unknown where the rule is replaced, and then so is its target.
  rule      = aws_cloudwatch_event_rule.checker[each.key].id
  target_id = "checker"
  arn       = var.event_delivery == "queue" ? var.event_queue.arn : var.function_arn

  # AWS's maximum: the check reads the tags anew, so a late hand-over is still right, and spares a person the redrive.
  retry_policy {
    maximum_event_age_in_seconds = 24 * 60 * 60
    maximum_retry_attempts       = 185
  }

  dead_letter_config {
    arn = var.dead_letter_queue_arn
  }

  # No event is sent before the function admits it.
  depends_on = [aws_lambda_permission.checker]
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

  # While there is no function, the messages wait, and no receive is counted.
  lifecycle {
    replace_triggered_by = [terraform_data.function]
  }
}

# Goes when event_delivery leaves the queue, and is what the mapping waits for before it stops: EventBridge goes on
# sending to the queue for a while, and nobody would receive what is left in it.
resource "terraform_data" "drain" {
  count = var.event_delivery == "queue" ? 1 : 0

  input = var.event_queue_drain_seconds

  provisioner "local-exec" {
    when    = destroy
    command = "sleep ${self.output}"
    # Where there is no such command, what is left waits for the next time that the mapping is on.
    on_failure = continue
  }
}

# Always there, since an idle one that is off costs nothing.
resource "aws_lambda_event_source_mapping" "event_queue" {
  event_source_arn = var.event_queue.arn
  function_name    = var.function_arn
  enabled          = var.event_delivery == "queue"
  tags             = var.tags

  batch_size                         = local.batch.size
  maximum_batching_window_in_seconds = local.batch.window_seconds
  function_response_types            = local.batch.response_types

  # What is too much for these waits in the queue, where no attempt is counted.
  scaling_config {
    maximum_concurrency = var.event_queue_max_concurrency
  }

  lifecycle {
    replace_triggered_by = [terraform_data.function]
  }

  # Changes after the targets: it stops when nothing is sent to the queue any more, and until it begins, events wait there.
  depends_on = [aws_cloudwatch_event_target.checker, terraform_data.drain]
}

moved {
  from = aws_lambda_event_source_mapping.event_queue[0]
  to   = aws_lambda_event_source_mapping.event_queue
}

locals {
  # Always includes terminated, which closes violations.
  states = sort(setunion(var.watched_states, ["terminated"]))

  rules = {
    state_change = {
      name        = var.state_change_rule_name
      description = "EC2 instances that enter one of these states: ${join(", ", local.states)}."
      event_pattern = {
        source      = ["aws.ec2"]
        detail-type = ["EC2 Instance State-change Notification"]
        detail      = { state = local.states }
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
  # Set explicitly, so that an apply re-enables a rule that someone has disabled.
  state         = "ENABLED"
  description   = each.value.description
  event_pattern = jsonencode(each.value.event_pattern)
  tags          = var.tags
}

# Makes a replacement of the function visible here: its ARN stays the same, but is unknown in that plan.
resource "terraform_data" "function" {
  input = var.function_arn
}

# Needed with a queue too, so that events always have a path while the delivery changes.
resource "aws_lambda_permission" "checker" {
  # Not the resources: an import plans nothing, and must know the keys before the rules exist.
  for_each = local.rules

  statement_id  = "Allow${join("", [for word in split("_", each.key) : title(word)])}Rule"
  action        = "lambda:InvokeFunction"
  function_name = var.function_name
  principal     = "events.amazonaws.com"
  source_arn    = aws_cloudwatch_event_rule.checker[each.key].arn

  # AWS knows it by the function's name only, and deletes it with the function.
  lifecycle {
    replace_triggered_by = [terraform_data.function]
  }
}

resource "aws_cloudwatch_event_target" "checker" {
  for_each = local.rules

  # The id, not the name: it is unknown when the rule is replaced, so the target is replaced too.
  rule      = aws_cloudwatch_event_rule.checker[each.key].id
  target_id = "checker"
  arn       = var.event_delivery == "queue" ? var.event_queue.arn : var.function_arn

  # AWS's maximum: a check reads the current tags, so a late delivery is still correct and saves a redrive.
  retry_policy {
    maximum_event_age_in_seconds = 24 * 60 * 60
    maximum_retry_attempts       = 185
  }

  dead_letter_config {
    arn = var.dead_letter_queue_arn
  }

  # Events start once the rule may invoke the function.
  depends_on = [aws_lambda_permission.checker]
}

locals {
  batch = {
    # As many ids as one DescribeInstances call takes.
    size = 200
    # A record that fails is redelivered by itself.
    response_types = ["ReportBatchItemFailures"]
  }
}

# Delivers messages whose delay is over. It has no maximum concurrency: with one, Lambda never polls an idle queue less.
resource "aws_lambda_event_source_mapping" "delay_queue" {
  event_source_arn = var.delay_queue.arn
  function_name    = var.function_arn
  tags             = var.tags

  batch_size = local.batch.size
  # The least for batches of this size. More would only delay: an idle poller waits 20 s for a message in any case.
  maximum_batching_window_in_seconds = 1
  function_response_types            = local.batch.response_types

  # A new function needs a new mapping; meanwhile the messages wait, unreceived.
  lifecycle {
    replace_triggered_by = [terraform_data.function]
  }
}

# Destroyed when event_delivery leaves the queue; the mapping waits for that before it stops. EventBridge keeps sending to
# the queue for a while, and nobody would receive what is left in it.
resource "terraform_data" "drain" {
  count = var.event_delivery == "queue" ? 1 : 0

  input = var.event_queue_drain_seconds

  provisioner "local-exec" {
    when    = destroy
    command = "sleep ${self.output}"
    # Without a sleep command, what is left waits until the mapping is enabled again.
    on_failure = continue
  }
}

# Always created, since a disabled mapping is free.
resource "aws_lambda_event_source_mapping" "event_queue" {
  event_source_arn = var.event_queue.arn
  function_name    = var.function_arn
  enabled          = var.event_delivery == "queue"
  tags             = var.tags

  batch_size = local.batch.size
  # Gathers the events of a fleet that starts at once.
  maximum_batching_window_in_seconds = var.event_queue_window_seconds
  function_response_types            = local.batch.response_types

  # The excess waits in the queue, where no receive is counted.
  scaling_config {
    maximum_concurrency = var.event_queue_max_concurrency
  }

  lifecycle {
    replace_triggered_by = [terraform_data.function]
  }

  # Changes after the targets: it stops once nothing is sent to the queue, and until it starts, events wait there.
  depends_on = [aws_cloudwatch_event_target.checker, terraform_data.drain]
}

# Wakes the function when something is due; it reads the table itself, so late and repeated records do no harm.
resource "aws_lambda_event_source_mapping" "state_table" {
  event_source_arn  = var.state_stream_arn
  function_name     = var.function_arn
  starting_position = "TRIM_HORIZON"
  tags              = var.tags

  batch_size                         = 1000
  maximum_batching_window_in_seconds = var.alert_group_wait_seconds
  parallelization_factor             = 1

  # Retries until it succeeds or the stream drops the record: what is due stays in the table.
  bisect_batch_on_function_error = true
  maximum_record_age_in_seconds  = -1
  maximum_retry_attempts         = -1

  # Items that were alerted, muted or expired are no longer due, and wake nobody.
  filter_criteria {
    filter {
      pattern = jsonencode({ dynamodb = { NewImage = { due = { N = [{ exists = true }] } } } })
    }
  }

  lifecycle {
    replace_triggered_by = [terraform_data.function]
  }
}

moved {
  from = aws_lambda_event_source_mapping.event_queue[0]
  to   = aws_lambda_event_source_mapping.event_queue
}

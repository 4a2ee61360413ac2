resource "aws_cloudwatch_event_rule" "sweep" {
  name        = var.rule_name
  description = "Evaluates all instances against the tag policy."
  # Set explicitly, so that an apply re-enables a rule that someone has disabled.
  state               = "ENABLED"
  schedule_expression = var.schedule_expression
  tags                = var.tags
}

# Makes a replacement of the function visible here: its ARN stays the same, but is unknown in that plan.
resource "terraform_data" "function" {
  input = var.function_arn
}

resource "aws_lambda_permission" "sweep" {
  statement_id  = "AllowSweepRule"
  action        = "lambda:InvokeFunction"
  function_name = var.function_name
  principal     = "events.amazonaws.com"
  source_arn    = aws_cloudwatch_event_rule.sweep.arn

  # AWS knows it by the function's name only, and deletes it with the function.
  lifecycle {
    replace_triggered_by = [terraform_data.function]
  }
}

resource "aws_cloudwatch_event_target" "sweep" {
  rule      = aws_cloudwatch_event_rule.sweep.id
  target_id = "checker"
  arn       = var.function_arn

  # As for events: a late sweep is still correct.
  retry_policy {
    maximum_event_age_in_seconds = 24 * 60 * 60
    maximum_retry_attempts       = 185
  }

  dead_letter_config {
    arn = var.dead_letter_queue_arn
  }

  # Created once the rule may invoke the function, and destroyed first.
  depends_on = [aws_lambda_permission.sweep]
}

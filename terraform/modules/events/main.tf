resource "aws_cloudwatch_event_rule" "state_change" {
  name = var.state_change_rule_name
  # Said, so that an apply enables a rule again that someone has disabled.
  state       = "ENABLED"
  description = "EC2 instances that enter one of the states: ${join(", ", sort(var.watched_states))}."

  event_pattern = jsonencode({
    source      = ["aws.ec2"]
    detail-type = ["EC2 Instance State-change Notification"]
    detail      = { state = sort(var.watched_states) }
  })
}

resource "aws_lambda_permission" "state_change" {
  statement_id  = "AllowStateChangeRule"
  action        = "lambda:InvokeFunction"
  function_name = var.function_name
  principal     = "events.amazonaws.com"
  source_arn    = aws_cloudwatch_event_rule.state_change.arn
}

resource "aws_cloudwatch_event_target" "state_change" {
  rule      = aws_cloudwatch_event_rule.state_change.name
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
  depends_on = [aws_lambda_permission.state_change]
}

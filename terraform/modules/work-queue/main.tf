# Holds events until the function has received them and did not fail.
resource "aws_sqs_queue" "work" {
  name                    = var.queue_name
  sqs_managed_sse_enabled = true
  tags                    = var.tags

  # Six times the function's timeout, as Lambda asks for, so that no batch that is tried again is handed over twice.
  visibility_timeout_seconds = 6 * 60

  # The longest: work that nobody does is found by then.
  message_retention_seconds = 14 * 24 * 60 * 60

  redrive_policy = jsonencode({
    deadLetterTargetArn = var.dead_letter_queue_arn
    maxReceiveCount     = 5
  })

  # Inline: the provider waits half a minute for each aws_sqs_queue_policy beside its queue.
  policy = length(var.rule_arns) == 0 ? null : jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid       = "AllowEventsOfRules"
        Effect    = "Allow"
        Principal = { Service = "events.amazonaws.com" }
        Action    = "sqs:SendMessage"
        Resource  = var.queue_arn
        Condition = {
          ArnEquals = { "aws:SourceArn" = sort(var.rule_arns) }
        }
      },
    ]
  })
}

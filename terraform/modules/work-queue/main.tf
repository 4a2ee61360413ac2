# Holds events until the function has received them and did not fail.
resource "aws_sqs_queue" "work" {
  name              = var.queue_name
  kms_master_key_id = var.kms_key_arn
  # SQS has one of the two; the provider refuses to be told of both.
  sqs_managed_sse_enabled = var.kms_key_arn == null ? true : null
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
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = concat([
      {
        Sid       = "DenyInsecureTransport"
        Effect    = "Deny"
        Principal = "*"
        Action    = "sqs:*"
        Resource  = var.queue_arn
        Condition = {
          Bool = { "aws:SecureTransport" = "false" }
        }
      },
      ], [
      for arns in [sort(var.rule_arns)] : {
        Sid       = "AllowEventsOfRules"
        Effect    = "Allow"
        Principal = { Service = "events.amazonaws.com" }
        Action    = "sqs:SendMessage"
        Resource  = var.queue_arn
        Condition = {
          ArnEquals = { "aws:SourceArn" = arns }
        }
      } if length(arns) > 0
      ], [
      for arn in var.sender_arn[*] : {
        Sid       = "DenyOtherSenders"
        Effect    = "Deny"
        Principal = "*"
        Action    = "sqs:SendMessage"
        Resource  = var.queue_arn
        Condition = {
          ArnNotEquals = { "aws:PrincipalArn" = arn }
        }
      }
    ])
  })
}

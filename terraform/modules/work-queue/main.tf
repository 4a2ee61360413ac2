# Holds messages until the function has processed them.
resource "aws_sqs_queue" "work" {
  name              = var.queue_name
  kms_master_key_id = var.kms_key_arn
  # SQS takes one of the two, and the provider rejects both.
  sqs_managed_sse_enabled = var.kms_key_arn == null ? true : null
  tags                    = var.tags

  # Six times the function's timeout, as Lambda recommends, so that a batch being retried is not delivered twice.
  visibility_timeout_seconds = 6 * 60

  # SQS's maximum, to give people time to notice.
  message_retention_seconds = 14 * 24 * 60 * 60

  redrive_policy = jsonencode({
    deadLetterTargetArn = var.dead_letter_queue_arn
    maxReceiveCount     = 5
  })

  # Inline: the provider waits half a minute for each separate aws_sqs_queue_policy.
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

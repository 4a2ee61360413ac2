resource "aws_sqs_queue" "dead_letters" {
  name                      = var.queue_name
  message_retention_seconds = 14 * 24 * 60 * 60
  kms_master_key_id         = var.kms_key_arn
  # SQS takes one of the two, and the provider rejects both.
  sqs_managed_sse_enabled = var.kms_key_arn == null ? true : null
  tags                    = var.tags

  # Inline: the provider waits half a minute for each separate aws_sqs_queue_policy.
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid       = "AllowDeadLettersOfRules"
        Effect    = "Allow"
        Principal = { Service = "events.amazonaws.com" }
        Action    = "sqs:SendMessage"
        Resource  = var.queue_arn
        Condition = {
          ArnEquals = { "aws:SourceArn" = sort(var.rule_arns) }
        }
      },
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
    ]
  })
}

# Unencrypted without a customer managed key: a CloudWatch alarm cannot publish to a topic encrypted with alias/aws/sns.
resource "aws_sns_topic" "alerts" {
  # checkov:skip=CKV_AWS_26:An alarm cannot publish to a topic encrypted with alias/aws/sns, and alerts hold no secrets.
  name              = var.topic_name
  kms_master_key_id = var.kms_key_arn
  tags              = var.tags
}

# No default owner statement: it would admit every principal of this account, and their identity policies are enough.
resource "aws_sns_topic_policy" "alerts" {
  arn = aws_sns_topic.alerts.arn

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid       = "AllowAlarmsOfThisEnvironment"
        Effect    = "Allow"
        Principal = { Service = "cloudwatch.amazonaws.com" }
        Action    = "sns:Publish"
        Resource  = aws_sns_topic.alerts.arn
        Condition = {
          ArnEquals = { "aws:SourceArn" = sort(var.alarm_arns) }
        }
      },
      # SNS accepts no other sender action in a topic policy.
      {
        Sid       = "DenyInsecureTransport"
        Effect    = "Deny"
        Principal = "*"
        Action    = "sns:Publish"
        Resource  = aws_sns_topic.alerts.arn
        Condition = {
          Bool = { "aws:SecureTransport" = "false" }
        }
      },
    ]
  })
}

resource "aws_sns_topic_subscription" "email" {
  for_each = var.alert_emails

  topic_arn = aws_sns_topic.alerts.arn
  protocol  = "email"
  endpoint  = each.value
}

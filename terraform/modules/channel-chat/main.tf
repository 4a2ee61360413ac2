resource "aws_sns_topic" "chat" {
  # checkov:skip=CKV_AWS_26:EventBridge cannot publish to a topic encrypted with alias/aws/sns, and notifications hold no secrets.
  name              = var.channel_name
  kms_master_key_id = var.kms_key_arn
  tags              = var.tags
}

# No default owner statement: it would admit every principal of this account.
resource "aws_sns_topic_policy" "chat" {
  arn = aws_sns_topic.chat.arn

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid       = "AllowRuleOfThisChannel"
        Effect    = "Allow"
        Principal = { Service = "events.amazonaws.com" }
        Action    = "sns:Publish"
        Resource  = aws_sns_topic.chat.arn
        Condition = {
          ArnEquals = { "aws:SourceArn" = var.rule_arn }
        }
      },
      # SNS accepts no other sender action in a topic policy.
      {
        Sid       = "DenyInsecureTransport"
        Effect    = "Deny"
        Principal = "*"
        Action    = "sns:Publish"
        Resource  = aws_sns_topic.chat.arn
        Condition = {
          Bool = { "aws:SecureTransport" = "false" }
        }
      },
    ]
  })
}

# Amazon Q Developer demands a role. It has no policy: messages need none.
resource "aws_iam_role" "chat" {
  name                 = var.channel_name
  description          = "Lets Amazon Q Developer post the messages of ${var.channel_name}. It has no permissions."
  permissions_boundary = var.permissions_boundary_arn
  tags                 = var.tags

  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid       = "AssumedByAmazonQDeveloper"
        Effect    = "Allow"
        Principal = { Service = "chatbot.amazonaws.com" }
        Action    = "sts:AssumeRole"
        Condition = {
          StringEquals = { "aws:SourceAccount" = var.account_id }
        }
      },
    ]
  })
}

locals {
  # Without a guardrail, Amazon Q Developer would set AdministratorAccess.
  guardrails = ["arn:${var.partition}:iam::aws:policy/AWSDenyAll"]
}

# What an update cannot change, though the provider plans one: the API's has no name, workspace, team or tenant, and with another
# channel of Teams it would send the old one's name.
resource "terraform_data" "place" {
  input = {
    channel_id   = var.workspace_id == null ? var.channel_id : null
    name         = var.channel_name
    team_id      = var.team_id
    tenant_id    = var.tenant_id
    workspace_id = var.workspace_id
  }
}

resource "aws_chatbot_slack_channel_configuration" "chat" {
  count = var.workspace_id != null ? 1 : 0

  configuration_name    = var.channel_name
  guardrail_policy_arns = local.guardrails
  iam_role_arn          = aws_iam_role.chat.arn
  slack_channel_id      = var.channel_id
  slack_team_id         = var.workspace_id
  sns_topic_arns        = [aws_sns_topic.chat.arn]
  tags                  = var.tags

  lifecycle {
    replace_triggered_by = [terraform_data.place]
  }
}

resource "aws_chatbot_teams_channel_configuration" "chat" {
  count = var.workspace_id == null ? 1 : 0

  configuration_name    = var.channel_name
  channel_id            = var.channel_id
  guardrail_policy_arns = local.guardrails
  iam_role_arn          = aws_iam_role.chat.arn
  sns_topic_arns        = [aws_sns_topic.chat.arn]
  tags                  = var.tags
  team_id               = var.team_id
  tenant_id             = var.tenant_id

  lifecycle {
    replace_triggered_by = [terraform_data.place]
  }
}

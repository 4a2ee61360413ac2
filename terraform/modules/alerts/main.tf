locals {
  # Which keys of owners an address belongs to.
  keys = {
    for email in toset(flatten([for owner in values(var.owners) : tolist(owner.emails)])) :
    email => [for key, owner in var.owners : key if contains(owner.emails, email)]
  }

  # The subscriptions that get only some of the messages. SNS ignores an $or of fewer than two parts.
  filters = {
    for email in setunion(keys(local.keys), var.escalation_emails) : email => (
      !contains(keys(local.keys), email) ? jsonencode({ change = ["escalated"] }) :
      !contains(var.escalation_emails, email) ? jsonencode({ owner_pattern = local.keys[email] }) :
      jsonencode({ "$or" = [{ change = ["escalated"] }, { owner_pattern = local.keys[email] }] })
    )
  }

  # Whether two spellings are one address, only its receiver knows.
  emails    = concat(tolist(var.alert_emails), keys(local.filters))
  ambiguous = [for email in local.emails : email if length([for other in local.emails : other if lower(other) == lower(email)]) > 1]

  # AWS's quota for one topic, and its limit of values in a filter ("Filter policy constraints", Amazon SNS developer guide). The
  # limit of 256 KB for a filter is more than so many keys take.
  max_filters    = 200
  max_values     = 150
  with_many_keys = [for email, keys in local.keys : email if length(keys) + (contains(var.escalation_emails, email) ? 1 : 0) > local.max_values]
}

# Unencrypted without a customer managed key: a CloudWatch alarm cannot publish to a topic encrypted with alias/aws/sns.
resource "aws_sns_topic" "alerts" {
  # checkov:skip=CKV_AWS_26:An alarm cannot publish to a topic encrypted with alias/aws/sns, and alerts hold no secrets.
  name              = var.topic_name
  kms_master_key_id = var.kms_key_arn
  tags              = var.tags

  # Said by the plan: SNS would refuse them one by one, in the middle of an apply.
  lifecycle {
    precondition {
      condition     = length(local.ambiguous) == 0
      error_message = "A topic has one subscription of an address. These are in alert_emails, which get everything, and in owners or escalation_emails too, or are written in two ways: ${join(", ", sort(distinct(local.ambiguous)))}."
    }

    precondition {
      condition     = length(local.filters) <= local.max_filters
      error_message = "owners and escalation_emails have ${length(local.filters)} addresses, and SNS allows ${local.max_filters} filtered subscriptions of one topic. Give each team the address of a list, or use channels."
    }

    precondition {
      condition     = length(local.with_many_keys) == 0
      error_message = "SNS can filter by ${local.max_values} values, and these addresses have more in owners and escalation_emails: ${join(", ", local.with_many_keys)}. Let patterns with * stand for several owners, or put the address into alert_emails."
    }
  }
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

# One resource for all, because SNS has one subscription of an address: between two resources, an address would be subscribed
# anew while it is still subscribed.
resource "aws_sns_topic_subscription" "email" {
  for_each = setunion(var.alert_emails, keys(local.filters))

  topic_arn           = aws_sns_topic.alerts.arn
  protocol            = "email"
  endpoint            = each.value
  filter_policy       = lookup(local.filters, each.value, null)
  filter_policy_scope = contains(keys(local.filters), each.value) ? "MessageAttributes" : null
}

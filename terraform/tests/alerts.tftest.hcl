mock_provider "aws" {
  source = "./tests/mocks"
}

variables {
  lambda_zip_path = "tests/fixtures/bootstrap.zip"
  suffix          = "qa42"
}

run "topic" {
  assert {
    condition     = module.alerts.topic.kms_master_key_id == null
    error_message = "An alarm cannot publish to an encrypted topic."
  }

  assert {
    condition     = module.alerts.topic_policy.arn == module.alerts.topic.arn
    error_message = "The policy is on another topic."
  }

  assert {
    condition = jsonencode(jsondecode(module.alerts.topic_policy.policy)) == jsonencode({
      Version = "2012-10-17"
      Statement = [
        {
          Sid       = "AllowAlarmsOfThisEnvironment"
          Effect    = "Allow"
          Principal = { Service = "cloudwatch.amazonaws.com" }
          Action    = "sns:Publish"
          Resource  = "arn:aws-cn:sns:cn-north-1:123456789012:mock"
          Condition = {
            ArnEquals = { "aws:SourceArn" = [
              "arn:aws-cn:cloudwatch:cn-north-1:123456789012:alarm:high-non-compliance-qa42",
              "arn:aws-cn:cloudwatch:cn-north-1:123456789012:alarm:tag-compliance-dead-letters-qa42",
              "arn:aws-cn:cloudwatch:cn-north-1:123456789012:alarm:tag-compliance-no-sweep-qa42",
              "arn:aws-cn:cloudwatch:cn-north-1:123456789012:alarm:tag-compliance-unwritten-records-qa42",
            ] }
          }
        },
        {
          Sid       = "DenyInsecureTransport"
          Effect    = "Deny"
          Principal = "*"
          Action    = "sns:Publish"
          Resource  = "arn:aws-cn:sns:cn-north-1:123456789012:mock"
          Condition = { Bool = { "aws:SecureTransport" = "false" } }
        },
      ]
    })
    error_message = "The topic policy is: ${module.alerts.topic_policy.policy}"
  }

  assert {
    condition     = length(module.alerts.email_subscriptions) == 0
    error_message = "Somebody is subscribed by default."
  }
}

run "emails" {
  variables {
    alert_emails = ["one@example.com", "two@example.com"]
  }

  assert {
    condition     = toset(values(module.alerts.email_subscriptions)[*].endpoint) == toset(["one@example.com", "two@example.com"])
    error_message = "Subscribed: ${join(", ", keys(module.alerts.email_subscriptions))}"
  }

  assert {
    condition = alltrue([
      for subscription in values(module.alerts.email_subscriptions) :
      subscription.protocol == "email" && subscription.topic_arn == module.alerts.topic.arn
    ])
    error_message = "A subscription is not by email or is to another topic."
  }
}

run "owners_and_escalations" {
  variables {
    alert_emails        = ["all@example.com"]
    escalate_after_days = 14
    escalation_emails   = ["both@example.com", "manager@example.com"]
    owners = {
      "web-team" = { emails = ["web@example.com", "both@example.com"] }
      "data-*"   = { emails = ["web@example.com"] }
      "legacy"   = {}
      "*"        = { emails = ["everyone-else@example.com"] }
    }
  }

  assert {
    condition = jsonencode({ for email, subscription in module.alerts.email_subscriptions : email => subscription.filter_policy }) == jsonencode({
      "all@example.com"           = null
      "both@example.com"          = jsonencode({ "$or" = [{ change = ["escalated"] }, { owner_pattern = ["web-team"] }] })
      "everyone-else@example.com" = jsonencode({ owner_pattern = ["*"] })
      "manager@example.com"       = jsonencode({ change = ["escalated"] })
      "web@example.com"           = jsonencode({ owner_pattern = ["data-*", "web-team"] })
    })
    error_message = "The filters are: ${jsonencode({ for email, subscription in module.alerts.email_subscriptions : email => subscription.filter_policy })}"
  }

  assert {
    condition = alltrue([
      for subscription in values(module.alerts.email_subscriptions) :
      (subscription.filter_policy == null ? subscription.endpoint == "all@example.com" : subscription.filter_policy_scope == "MessageAttributes") && subscription.protocol == "email"
    ])
    error_message = "A filter is about the body, or a subscription is not by email."
  }
}

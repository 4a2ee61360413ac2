mock_provider "aws" {
  source = "./tests/mocks"
}

variables {
  lambda_zip_path = "tests/fixtures/bootstrap.zip"
  suffix          = "qa42"
}

run "queue" {
  assert {
    condition     = module.dead_letter_queue.queue.message_retention_seconds == 1209600
    error_message = "Dead letters are not kept for 14 days."
  }

  assert {
    condition     = module.dead_letter_queue.queue.sqs_managed_sse_enabled
    error_message = "The queue is not encrypted."
  }

  assert {
    condition = jsonencode(jsondecode(module.dead_letter_queue.queue.policy)) == jsonencode({
      Version = "2012-10-17"
      Statement = [
        {
          Sid       = "AllowDeadLettersOfRules"
          Effect    = "Allow"
          Principal = { Service = "events.amazonaws.com" }
          Action    = "sqs:SendMessage"
          Resource  = "arn:aws-cn:sqs:cn-north-1:123456789012:tag-compliance-dlq-qa42"
          Condition = {
            ArnEquals = { "aws:SourceArn" = [
              "arn:aws-cn:events:cn-north-1:123456789012:rule/ec2-state-change-qa42",
              "arn:aws-cn:events:cn-north-1:123456789012:rule/ec2-tag-change-qa42",
            ] }
          }
        },
        {
          Sid       = "DenyInsecureTransport"
          Effect    = "Deny"
          Principal = "*"
          Action    = "sqs:*"
          Resource  = "arn:aws-cn:sqs:cn-north-1:123456789012:tag-compliance-dlq-qa42"
          Condition = { Bool = { "aws:SecureTransport" = "false" } }
        },
      ]
    })
    error_message = "The queue policy is: ${module.dead_letter_queue.queue.policy}"
  }
}

run "several_rules" {
  command = plan

  module {
    source = "./modules/dead-letter-queue"
  }

  variables {
    tags       = {}
    queue_arn  = "arn:aws:sqs:us-east-1:123456789012:queue"
    queue_name = "queue"
    rule_arns  = ["arn:aws:events:us-east-1:123456789012:rule/b", "arn:aws:events:us-east-1:123456789012:rule/a"]
  }

  assert {
    condition = jsonencode(jsondecode(aws_sqs_queue.dead_letters.policy).Statement[0].Condition.ArnEquals["aws:SourceArn"]) == jsonencode([
      "arn:aws:events:us-east-1:123456789012:rule/a", "arn:aws:events:us-east-1:123456789012:rule/b"
    ])
    error_message = "The queue policy is: ${aws_sqs_queue.dead_letters.policy}"
  }
}

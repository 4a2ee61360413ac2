locals {
  # Shortened, because IAM limits a policy's characters: partition and region can be left open, and StayInTheAccount alone
  # names the account.
  bounded = {
    for kind, arns in {
      delay_queues = local.delay_queues
      event_queues = local.event_queues
      # An action of one service matches no ARN of another, so these can share a statement.
      theirs = concat([for bucket in local.buckets : "${bucket}/scans/*"], local.functions, local.log_groups, local.queues, local.tables, local.topics)
    } : kind => [for arn in arns : replace(replace(arn, "/^arn:[^:]+:/", "arn:*:"), "/:[^:]*:${local.account_id}:/", ":*:*:")]
  }

  # Calls that Lambda and EventBridge Scheduler make with a role; none of them says which function it is for.
  called_by_services = [
    "dynamodb:DescribeStream",
    "dynamodb:GetRecords",
    "dynamodb:GetShardIterator",
    "dynamodb:ListStreams",
    "lambda:InvokeFunction",
    "sqs:DeleteMessage",
    "sqs:GetQueueAttributes",
    "sqs:ReceiveMessage",
  ]

  # One short pattern: pull requests cannot create or change the other functions that it matches.
  from_their_code = "arn:*:lambda:*:*:function:tag-compliance-checker-pr*"

  # No PutEvents: all environments share the default event bus, so code of a pull request could forge prod's events.
  boundary_statements = [
    # A bucket name does not tell the account, and anybody may own a bucket of this name.
    {
      Sid      = "StayInTheAccount"
      Effect   = "Deny"
      Action   = "*"
      Resource = "*"
      Condition = {
        Null            = { "aws:ResourceAccount" = "false" }
        StringNotEquals = { "aws:ResourceAccount" = local.account_id }
      }
    },
    # Somebody who assumes such a role elsewhere, or steals its session, cannot make the calls of the function's code. Lambda's
    # log writes have the condition key. A denial, so that no policy of a bucket, topic, queue or table can grant it either.
    {
      Sid       = "OnlyFromTheFunctionsCode"
      Effect    = "Deny"
      NotAction = concat(local.called_by_services, ["sqs:SendMessage"])
      Resource  = "*"
      Condition = {
        ArnNotLike = { "lambda:SourceFunctionArn" = local.from_their_code }
      }
    },
    # AWS services send the dead letters, without the condition key.
    {
      Sid      = "SendOnlyFromTheFunctionsCode"
      Effect   = "Deny"
      Action   = ["sqs:SendMessage"]
      Resource = "arn:*:sqs:*:*:tag-compliance-delay-pr*"
      Condition = {
        ArnNotLike = { "lambda:SourceFunctionArn" = local.from_their_code }
      }
    },
    {
      Sid      = "ReadInstances"
      Effect   = "Allow"
      Action   = ["ec2:DescribeInstances", "ec2:DescribeTags"]
      Resource = "*"
    },
    {
      Sid      = "PutMetrics"
      Effect   = "Allow"
      Action   = ["cloudwatch:PutMetricData"]
      Resource = "*"
      Condition = {
        StringLike = { "cloudwatch:namespace" = local.namespaces }
      }
    },
    # The patterns of the tables match their index and their streams.
    {
      Sid    = "UseTheirs"
      Effect = "Allow"
      Action = [
        "dynamodb:BatchGetItem",
        "dynamodb:DescribeStream",
        "dynamodb:GetItem",
        "dynamodb:GetRecords",
        "dynamodb:GetShardIterator",
        "dynamodb:ListStreams",
        "dynamodb:Query",
        "dynamodb:Scan",
        "dynamodb:UpdateItem",
        "lambda:InvokeFunction",
        "logs:CreateLogStream",
        "logs:PutLogEvents",
        "s3:PutObject",
        "sns:Publish",
        "sqs:SendMessage",
      ]
      Resource = local.bounded.theirs
    },
    {
      Sid      = "UseDelayQueues"
      Effect   = "Allow"
      Action   = ["sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:ReceiveMessage", "sqs:SendMessage"]
      Resource = local.bounded.delay_queues
    },
    {
      Sid      = "ReceiveEvents"
      Effect   = "Allow"
      Action   = ["sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:ReceiveMessage"]
      Resource = local.bounded.event_queues
    },
  ]
}

# Everything that a role created for a pull request can ever do, whatever its own policy says.
resource "aws_iam_policy" "boundary" {
  name        = local.boundary_name
  description = "Bounds the roles of the environments of pull requests."
  policy      = jsonencode({ Version = "2012-10-17", Statement = local.boundary_statements })
}

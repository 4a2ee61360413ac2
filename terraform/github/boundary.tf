locals {
  # IAM counts characters: an account is in one partition, which account it is stands in StayInTheAccount alone, and of the
  # regions only this one has environments.
  bounded = {
    for kind, arns in {
      delay_queues = local.delay_queues
      event_queues = local.event_queues
      # An action of one service matches no ARN of another, so that these can share a statement.
      theirs = concat([for bucket in local.buckets : "${bucket}/scans/*"], local.functions, local.log_groups, local.queues, local.tables, local.topics)
    } : kind => [for arn in arns : replace(replace(arn, "/^arn:[^:]+:/", "arn:*:"), "/:[^:]*:${local.account_id}:/", ":*:*:")]
  }

  # What Lambda and EventBridge Scheduler call themselves, in a role's name; none of these calls says from which function it is.
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

  # One pattern for all, of few characters: no pull request may make or change the functions of other names that it matches.
  from_their_code = "arn:*:lambda:*:*:function:tag-compliance-checker-pr*"

  boundary_statements = [
    # A bucket's name says nothing of its account, and one of this name may be anybody's.
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
    # Whoever takes such a role elsewhere, or takes a session of it away, has none of what the function's code calls. Lambda's
    # log writes carry the key. A denial, so that no policy of a bucket, topic, queue or table can grant it either.
    {
      Sid       = "OnlyFromTheFunctionsCode"
      Effect    = "Deny"
      NotAction = concat(local.called_by_services, ["sqs:SendMessage"])
      Resource  = "*"
      Condition = {
        ArnNotLike = { "lambda:SourceFunctionArn" = local.from_their_code }
      }
    },
    # The dead letters are sent by the services, and so without the key.
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

# All that a role made for a pull request can ever do, whatever its own policy says.
resource "aws_iam_policy" "boundary" {
  name        = local.boundary_name
  description = "Bounds the roles of the environments of pull requests."
  policy      = jsonencode({ Version = "2012-10-17", Statement = local.boundary_statements })
}

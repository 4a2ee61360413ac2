locals {
  # IAM counts characters: an account is in one partition, so that this says the same as the partition's name.
  bounded = {
    for kind, arns in {
      delay_queues = local.delay_queues
      event_queues = local.event_queues
      # An action of one service matches no ARN of another, so that these can share a statement.
      theirs = concat([for bucket in local.buckets : "${bucket}/scans/*"], local.functions, local.log_groups, local.queues, local.tables, local.topics)
    } : kind => [for arn in arns : replace(arn, "/^arn:[^:]+:/", "arn:*:")]
  }

  boundary_statements = [
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

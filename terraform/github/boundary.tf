locals {
  boundary_statements = [
    {
      Sid      = "ReadInstances"
      Effect   = "Allow"
      Action   = ["ec2:DescribeInstances", "ec2:DescribeTags"]
      Resource = "*"
    },
    {
      Sid      = "WriteAuditRecords"
      Effect   = "Allow"
      Action   = ["s3:PutObject"]
      Resource = [for bucket in local.buckets : "${bucket}/scans/*"]
    },
    {
      Sid      = "PublishAlerts"
      Effect   = "Allow"
      Action   = ["sns:Publish"]
      Resource = local.topics
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
    {
      Sid      = "WriteLogs"
      Effect   = "Allow"
      Action   = ["logs:CreateLogStream", "logs:PutLogEvents"]
      Resource = local.log_groups
    },
    {
      Sid      = "SendDeadLetters"
      Effect   = "Allow"
      Action   = ["sqs:SendMessage"]
      Resource = local.queues
    },
    {
      Sid      = "UseDelayQueues"
      Effect   = "Allow"
      Action   = ["sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:ReceiveMessage", "sqs:SendMessage"]
      Resource = local.delay_queues
    },
    {
      Sid      = "ReceiveEvents"
      Effect   = "Allow"
      Action   = ["sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:ReceiveMessage"]
      Resource = local.event_queues
    },
    {
      Sid      = "InvokeCheckers"
      Effect   = "Allow"
      Action   = ["lambda:InvokeFunction"]
      Resource = local.functions
    },
  ]
}

# All that a role made for a pull request can ever do, whatever its own policy says.
resource "aws_iam_policy" "boundary" {
  name        = local.boundary_name
  description = "Bounds the roles of the environments of pull requests."
  policy      = jsonencode({ Version = "2012-10-17", Statement = local.boundary_statements })
}

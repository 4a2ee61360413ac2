locals {
  # Finds environments by name and destroys what is in a state; creates nothing and passes no role.
  janitor_statements = {
    find = [
      # These have no resource type in IAM, or list everything.
      {
        Sid    = "List"
        Effect = "Allow"
        Action = [
          "cloudwatch:DescribeAlarms",
          "cloudwatch:ListDashboards",
          "dynamodb:ListTables",
          "ec2:DescribeInstances",
          "events:ListRules",
          "iam:ListRoles",
          "lambda:ListEventSourceMappings",
          "lambda:ListFunctions",
          "logs:DescribeLogGroups",
          "s3:ListAllMyBuckets",
          "scheduler:ListSchedules",
          "sns:ListSubscriptions",
          "sns:ListTopics",
          "sqs:ListQueues",
        ]
        Resource = "*"
      },
      local.list_states,
      # Terraform writes the state and its lock while it destroys.
      local.use_states,
    ]

    data = [
      # The provider resets a bucket's settings by Put calls.
      {
        Sid    = "DestroyAuditLogs"
        Effect = "Allow"
        Action = [
          "s3:DeleteBucket",
          "s3:DeleteBucketPolicy",
          "s3:DeleteObject",
          "s3:DeleteObjectVersion",
          "s3:GetAccelerateConfiguration",
          "s3:GetBucket*",
          "s3:GetEncryptionConfiguration",
          "s3:GetLifecycleConfiguration",
          "s3:GetReplicationConfiguration",
          "s3:ListBucket",
          "s3:ListBucketVersions",
          "s3:ListTagsForResource",
          "s3:PutBucketPublicAccessBlock",
          "s3:PutEncryptionConfiguration",
          "s3:PutLifecycleConfiguration",
        ]
        Resource = local.buckets
      },
      # A topic's policy is removed by setting SNS's default.
      {
        Sid    = "DestroyTopics"
        Effect = "Allow"
        Action = [
          "sns:DeleteTopic",
          "sns:GetSubscriptionAttributes",
          "sns:GetTopicAttributes",
          "sns:ListSubscriptionsByTopic",
          "sns:ListTagsForResource",
          "sns:SetTopicAttributes",
          "sns:Unsubscribe",
        ]
        Resource = local.topics
      },
      {
        Sid      = "DestroyQueues"
        Effect   = "Allow"
        Action   = ["sqs:DeleteQueue", "sqs:GetQueueAttributes", "sqs:GetQueueUrl", "sqs:ListQueueTags"]
        Resource = concat(local.queues, local.delay_queues, local.event_queues)
      },
      {
        Sid    = "DestroyTables"
        Effect = "Allow"
        Action = [
          "dynamodb:DeleteTable",
          "dynamodb:DescribeContinuousBackups",
          "dynamodb:DescribeTable",
          "dynamodb:DescribeTimeToLive",
          "dynamodb:ListTagsOfResource",
        ]
        Resource = local.tables
      },
      local.find_default_key,
    ]

    function = [
      # The recursion configuration is removed by setting Lambda's default.
      {
        Sid    = "DestroyFunctions"
        Effect = "Allow"
        Action = [
          "lambda:DeleteFunction",
          "lambda:DeleteFunctionEventInvokeConfig",
          "lambda:GetFunction",
          "lambda:GetFunctionCodeSigningConfig",
          "lambda:GetFunctionConfiguration",
          "lambda:GetFunctionEventInvokeConfig",
          "lambda:GetFunctionRecursionConfig",
          "lambda:GetPolicy",
          "lambda:ListTags",
          "lambda:ListVersionsByFunction",
          "lambda:PutFunctionRecursionConfig",
          "lambda:RemovePermission",
        ]
        Resource = local.functions
      },
      {
        Sid      = "DestroyMappings"
        Effect   = "Allow"
        Action   = ["lambda:DeleteEventSourceMapping"]
        Resource = "*"
        Condition = {
          ArnLike = { "lambda:FunctionArn" = local.functions }
        }
      },
      {
        Sid      = "ReadMappings"
        Effect   = "Allow"
        Action   = ["lambda:GetEventSourceMapping", "lambda:ListTags"]
        Resource = "arn:${local.partition}:lambda:${local.regional}:event-source-mapping:*"
      },
      {
        Sid    = "DestroyRoles"
        Effect = "Allow"
        Action = [
          "iam:DeleteRole",
          "iam:DeleteRolePolicy",
          "iam:GetRole",
          "iam:GetRolePolicy",
          "iam:ListAttachedRolePolicies",
          "iam:ListInstanceProfilesForRole",
          "iam:ListRolePolicies",
          "iam:ListRoleTags",
        ]
        Resource = concat(local.roles, local.sweep_roles)
      },
    ]

    triggers = [
      {
        Sid      = "DestroySchedules"
        Effect   = "Allow"
        Action   = ["scheduler:DeleteSchedule", "scheduler:GetSchedule"]
        Resource = local.schedules
      },
      {
        Sid      = "DestroyRules"
        Effect   = "Allow"
        Action   = ["events:DeleteRule", "events:DescribeRule", "events:ListTagsForResource", "events:ListTargetsByRule", "events:RemoveTargets"]
        Resource = local.rules
      },
    ]

    watch = [
      {
        Sid      = "DestroyAlarmsAndDashboards"
        Effect   = "Allow"
        Action   = ["cloudwatch:DeleteAlarms", "cloudwatch:DeleteDashboards", "cloudwatch:GetDashboard", "cloudwatch:ListTagsForResource"]
        Resource = concat(local.alarms, local.dashboards)
      },
      {
        Sid      = "DestroyLogGroups"
        Effect   = "Allow"
        Action   = ["logs:DeleteLogGroup", "logs:ListTagsForResource"]
        Resource = local.log_groups
      },
    ]
  }
}

resource "aws_iam_role" "janitor" {
  name               = local.janitor_role_name
  description        = "Finds and destroys the environments of pull requests of ${var.repository.owner}/${var.repository.name}."
  assume_role_policy = local.trust.janitor
}

resource "aws_iam_policy" "janitor" {
  for_each = local.janitor_statements

  name        = "${local.janitor_role_name}-${each.key}"
  description = "What the janitor of pull requests' environments needs: ${each.key}."
  policy      = jsonencode({ Version = "2012-10-17", Statement = each.value })
}

resource "aws_iam_role_policy_attachment" "janitor" {
  for_each = aws_iam_policy.janitor

  role       = aws_iam_role.janitor.name
  policy_arn = each.value.arn
}

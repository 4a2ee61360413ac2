locals {
  statements = {
    storage = [
      # No condition on the prefix: without permission to list, S3 answers 403 for a state that does not exist yet.
      local.list_states,
      local.use_states,
      # The patterns match the buckets and their objects.
      {
        Sid    = "ManageAuditLogs"
        Effect = "Allow"
        Action = [
          "s3:CreateBucket",
          "s3:DeleteBucket",
          "s3:DeleteBucketPolicy",
          "s3:DeleteObject",
          "s3:DeleteObjectVersion",
          "s3:GetAccelerateConfiguration",
          "s3:GetBucket*",
          "s3:GetEncryptionConfiguration",
          "s3:GetLifecycleConfiguration",
          "s3:GetObject",
          "s3:GetReplicationConfiguration",
          "s3:ListBucket",
          "s3:ListBucketVersions",
          "s3:ListTagsForResource",
          "s3:PutBucketPolicy",
          "s3:PutBucketPublicAccessBlock",
          "s3:PutBucketTagging",
          "s3:PutEncryptionConfiguration",
          "s3:PutLifecycleConfiguration",
          "s3:TagResource",
          "s3:UntagResource",
        ]
        Resource = local.buckets
      },
      # The patterns match the topics and their subscriptions.
      {
        Sid    = "ManageTopics"
        Effect = "Allow"
        Action = [
          "sns:CreateTopic",
          "sns:DeleteTopic",
          "sns:GetSubscriptionAttributes",
          "sns:GetTopicAttributes",
          "sns:ListSubscriptionsByTopic",
          "sns:ListTagsForResource",
          "sns:Publish",
          "sns:SetSubscriptionAttributes",
          "sns:SetTopicAttributes",
          "sns:Subscribe",
          "sns:TagResource",
          "sns:Unsubscribe",
          "sns:UntagResource",
        ]
        Resource = local.topics
      },
      {
        Sid    = "ManageQueues"
        Effect = "Allow"
        Action = [
          "sqs:CreateQueue",
          "sqs:DeleteMessage",
          "sqs:DeleteQueue",
          "sqs:GetQueueAttributes",
          "sqs:GetQueueUrl",
          "sqs:ListQueueTags",
          "sqs:ReceiveMessage",
          "sqs:SendMessage",
          "sqs:SetQueueAttributes",
          "sqs:TagQueue",
          "sqs:UntagQueue",
        ]
        Resource = concat(local.queues, local.delay_queues, local.event_queues, local.test_queues)
      },
    ]

    tables = [
      # The patterns match the tables and their index.
      {
        Sid    = "ManageTables"
        Effect = "Allow"
        Action = [
          "dynamodb:CreateTable",
          "dynamodb:DeleteTable",
          "dynamodb:DescribeContinuousBackups",
          "dynamodb:DescribeTable",
          "dynamodb:DescribeTimeToLive",
          "dynamodb:GetItem",
          "dynamodb:ListTagsOfResource",
          "dynamodb:Query",
          "dynamodb:Scan",
          "dynamodb:TagResource",
          "dynamodb:UntagResource",
          "dynamodb:UpdateItem",
          "dynamodb:UpdateTable",
          "dynamodb:UpdateTimeToLive",
        ]
        Resource = local.tables
      },
      local.find_default_key,
    ]

    function = [
      {
        Sid    = "ManageFunctions"
        Effect = "Allow"
        Action = [
          "lambda:CreateFunction",
          "lambda:DeleteFunction",
          "lambda:DeleteFunctionEventInvokeConfig",
          "lambda:GetFunction",
          "lambda:GetFunctionCodeSigningConfig",
          "lambda:GetFunctionConcurrency",
          "lambda:GetFunctionConfiguration",
          "lambda:GetFunctionEventInvokeConfig",
          "lambda:GetFunctionRecursionConfig",
          "lambda:GetPolicy",
          "lambda:InvokeFunction",
          "lambda:ListTags",
          "lambda:ListVersionsByFunction",
          "lambda:PutFunctionEventInvokeConfig",
          "lambda:PutFunctionRecursionConfig",
          "lambda:RemovePermission",
          "lambda:TagResource",
          "lambda:UntagResource",
          "lambda:UpdateFunctionCode",
          "lambda:UpdateFunctionConfiguration",
          "lambda:UpdateFunctionEventInvokeConfig",
        ]
        Resource = local.functions
      },
      # Only EventBridge may be admitted, so no other account can be.
      {
        Sid      = "AdmitRules"
        Effect   = "Allow"
        Action   = ["lambda:AddPermission"]
        Resource = local.functions
        Condition = {
          StringEquals = { "lambda:Principal" = "events.amazonaws.com" }
        }
      },
      # A mapping's ARN does not name its function, but these calls have a condition key for it.
      {
        Sid      = "MapQueuesToFunctions"
        Effect   = "Allow"
        Action   = ["lambda:CreateEventSourceMapping", "lambda:DeleteEventSourceMapping", "lambda:UpdateEventSourceMapping"]
        Resource = "*"
        Condition = {
          ArnLike = { "lambda:FunctionArn" = local.functions }
        }
      },
      {
        Sid      = "ListMappings"
        Effect   = "Allow"
        Action   = ["lambda:ListEventSourceMappings"]
        Resource = "*"
      },
      {
        Sid      = "ReadAndTagMappings"
        Effect   = "Allow"
        Action   = ["lambda:GetEventSourceMapping", "lambda:ListTags", "lambda:TagResource", "lambda:UntagResource"]
        Resource = "arn:${local.partition}:lambda:${local.regional}:event-source-mapping:*"
      },
      {
        Sid      = "ManageSchedules"
        Effect   = "Allow"
        Action   = ["scheduler:CreateSchedule", "scheduler:DeleteSchedule", "scheduler:GetSchedule", "scheduler:UpdateSchedule"]
        Resource = local.schedules
      },
    ]

    # Every value of a pattern must be one of these, and there must be one: without a source, a pattern matches every event.
    rules = [
      {
        Sid      = "PutRulesOnInstances"
        Effect   = "Allow"
        Action   = ["events:PutRule"]
        Resource = local.rules
        Condition = {
          "ForAllValues:StringEquals" = {
            "events:detail-type" = ["EC2 Instance State-change Notification", "Tag Change on Resource"]
            "events:source"      = ["aws.ec2", "aws.tag"]
          }
          Null = { "events:detail-type" = "false", "events:source" = "false" }
        }
      },
      {
        Sid    = "ManageRules"
        Effect = "Allow"
        Action = [
          "events:DeleteRule",
          "events:DescribeRule",
          "events:ListTagsForResource",
          "events:ListTargetsByRule",
          "events:RemoveTargets",
          "events:TagResource",
          "events:UntagResource",
        ]
        Resource = local.rules
      },
    ]

    targets = [
      {
        Sid      = "PutTheirTargets"
        Effect   = "Allow"
        Action   = ["events:PutTargets"]
        Resource = local.rules
        Condition = {
          "ForAllValues:ArnLike" = { "events:TargetArn" = concat(local.functions, local.event_queues) }
          Null                   = { "events:TargetArn" = "false" }
        }
      },
    ]

    alarm_actions = [
      # The condition key holds the actions of all three states; an alarm without actions is harmless.
      {
        Sid      = "PutAlarmsThatTellTheirTopics"
        Effect   = "Allow"
        Action   = ["cloudwatch:PutMetricAlarm"]
        Resource = local.alarms
        Condition = {
          "ForAllValues:StringLike" = { "cloudwatch:AlarmActions" = local.topics }
        }
      },
    ]

    alarms = [
      {
        Sid    = "ManageAlarmsAndDashboards"
        Effect = "Allow"
        Action = [
          "cloudwatch:DeleteAlarms",
          "cloudwatch:DeleteDashboards",
          "cloudwatch:GetDashboard",
          "cloudwatch:ListTagsForResource",
          "cloudwatch:PutDashboard",
          "cloudwatch:SetAlarmState",
          "cloudwatch:TagResource",
          "cloudwatch:UntagResource",
        ]
        Resource = concat(local.alarms, local.dashboards)
      },
      {
        Sid      = "PutTestMetrics"
        Effect   = "Allow"
        Action   = ["cloudwatch:PutMetricData"]
        Resource = "*"
        Condition = {
          StringLike = { "cloudwatch:namespace" = local.namespaces }
        }
      },
    ]

    monitoring = [
      {
        Sid    = "ManageLogGroups"
        Effect = "Allow"
        Action = [
          "logs:CreateLogGroup",
          "logs:DeleteLogGroup",
          "logs:DescribeLogStreams",
          # Not PutMetricFilter: a filter may write into any namespace, and no condition key names it.
          "logs:DescribeMetricFilters",
          "logs:FilterLogEvents",
          "logs:GetLogEvents",
          "logs:ListTagsForResource",
          "logs:PutRetentionPolicy",
          "logs:TagResource",
          "logs:UntagResource",
        ]
        Resource = local.log_groups
      },
      # These have no resource type in IAM, or list everything.
      {
        Sid    = "Read"
        Effect = "Allow"
        Action = [
          "cloudwatch:DescribeAlarmHistory",
          "cloudwatch:DescribeAlarms",
          "cloudwatch:GetMetricData",
          "cloudwatch:GetMetricStatistics",
          "cloudwatch:ListMetrics",
          "ec2:DescribeImages",
          "ec2:DescribeInstances",
          "ec2:DescribeTags",
          "events:TestEventPattern",
          "logs:DescribeLogGroups",
        ]
        Resource = "*"
      },
    ]

    identity = [
      {
        Sid      = "CreateBoundedRoles"
        Effect   = "Allow"
        Action   = ["iam:CreateRole", "iam:PutRolePermissionsBoundary", "iam:PutRolePolicy"]
        Resource = concat(local.roles, local.sweep_roles)
        Condition = {
          StringEquals = { "iam:PermissionsBoundary" = local.boundary_arn }
        }
      },
      {
        Sid    = "ManageRoles"
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
          "iam:SimulatePrincipalPolicy",
          "iam:TagRole",
          "iam:UntagRole",
          "iam:UpdateAssumeRolePolicy",
          "iam:UpdateRole",
          "iam:UpdateRoleDescription",
        ]
        Resource = concat(local.roles, local.sweep_roles)
      },
      {
        Sid      = "PassRolesToLambda"
        Effect   = "Allow"
        Action   = ["iam:PassRole"]
        Resource = local.roles
        Condition = {
          StringEquals = { "iam:PassedToService" = "lambda.amazonaws.com" }
        }
      },
      {
        Sid      = "PassRolesToScheduler"
        Effect   = "Allow"
        Action   = ["iam:PassRole"]
        Resource = local.sweep_roles
        Condition = {
          StringEquals = { "iam:PassedToService" = "scheduler.amazonaws.com" }
        }
      },
    ]

    instances = [
      {
        Sid      = "LaunchTestInstances"
        Effect   = "Allow"
        Action   = ["ec2:RunInstances"]
        Resource = "arn:${local.partition}:ec2:${local.regional}:instance/*"
        Condition = {
          StringEquals = { "ec2:InstanceType" = "t3.nano" }
          StringLike   = { "aws:RequestTag/Name" = local.test_instances }
        }
      },
      {
        Sid    = "LaunchThemFromAndInto"
        Effect = "Allow"
        Action = ["ec2:RunInstances"]
        Resource = [
          "arn:${local.partition}:ec2:${local.region}::image/*",
          "arn:${local.partition}:ec2:${local.regional}:network-interface/*",
          "arn:${local.partition}:ec2:${local.regional}:security-group/*",
          "arn:${local.partition}:ec2:${local.regional}:subnet/*",
          "arn:${local.partition}:ec2:${local.regional}:volume/*",
        ]
      },
      # A new interface is authorized literally as network-interface/*, an existing one by its id.
      {
        Sid      = "TakeNoInterfaceThatIsThere"
        Effect   = "Deny"
        Action   = ["ec2:RunInstances"]
        Resource = "arn:${local.partition}:ec2:*:*:network-interface/eni-*"
      },
      {
        Sid      = "TagThemAtLaunch"
        Effect   = "Allow"
        Action   = ["ec2:CreateTags"]
        Resource = "arn:${local.partition}:ec2:${local.regional}:instance/*"
        Condition = {
          StringEquals = { "ec2:CreateAction" = "RunInstances" }
        }
      },
      {
        Sid      = "UseTestInstances"
        Effect   = "Allow"
        Action   = ["ec2:CreateTags", "ec2:DeleteTags", "ec2:StartInstances", "ec2:StopInstances", "ec2:TerminateInstances"]
        Resource = "arn:${local.partition}:ec2:${local.regional}:instance/*"
        Condition = {
          StringLike = { "aws:ResourceTag/Name" = local.test_instances }
        }
      },
    ]
  }
}

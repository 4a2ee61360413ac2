mock_provider "aws" {
  source = "./tests/mocks"
}

variables {
  repository        = { owner = "octo-org", name = "tag-compliance", id = 1234567890 }
  state_bucket_name = "states"
}

run "limits" {
  assert {
    condition     = alltrue([for policy in concat(values(aws_iam_policy.github_actions), values(aws_iam_policy.janitor), [aws_iam_policy.boundary]) : length(policy.policy) <= 6144])
    error_message = "A policy is longer than IAM's 6144 characters: ${jsonencode([for policies in [aws_iam_policy.github_actions, aws_iam_policy.janitor] : { for key, policy in policies : key => length(policy.policy) }])}, boundary ${length(aws_iam_policy.boundary.policy)}."
  }

  assert {
    condition     = toset([for attachment in aws_iam_role_policy_attachment.github_actions : attachment.role]) == toset([aws_iam_role.github_actions.name]) && toset(keys(aws_iam_role_policy_attachment.github_actions)) == toset(keys(aws_iam_policy.github_actions))
    error_message = "Not every policy is on the role."
  }

  assert {
    condition     = toset([for attachment in aws_iam_role_policy_attachment.janitor : attachment.role]) == toset([aws_iam_role.janitor.name]) && toset(keys(aws_iam_role_policy_attachment.janitor)) == toset(keys(aws_iam_policy.janitor))
    error_message = "Not every policy is on the janitor's role."
  }

  assert {
    condition     = max(length(aws_iam_policy.github_actions), length(aws_iam_policy.janitor)) <= 10
    error_message = "IAM attaches ten policies to a role."
  }

  assert {
    condition     = alltrue([for policy in concat(values(aws_iam_policy.github_actions), values(aws_iam_policy.janitor), [aws_iam_policy.boundary]) : alltrue([for statement in jsondecode(policy.policy).Statement : !strcontains(jsonencode(statement), "pr*") && !strcontains(jsonencode(statement), "-*") if statement.Effect == "Allow"])])
    error_message = "A pattern also matches environments such as prod."
  }

  assert {
    condition = alltrue(flatten([
      for policy in concat(values(aws_iam_policy.github_actions), values(aws_iam_policy.janitor), [aws_iam_policy.boundary]) : [
        for statement in jsondecode(policy.policy).Statement : [
          for action in try(statement.Action, []) : can(regex("^[a-z0-9]+:(Describe|Get|List|Test)", action)) || can(statement.Condition)
        ] if statement.Resource == "*" && statement.Effect == "Allow"
      ]
    ]))
    error_message = "On every resource more is allowed than to read."
  }
}

run "every_resource_is_in_reach" {
  assert {
    condition = alltrue([
      for name in values(module.environments["pr4*"].names) : anytrue([for policy in values(aws_iam_policy.github_actions) : strcontains(policy.policy, name)])
    ])
    error_message = "The role has no right to a resource of modules/names."
  }
}

run "identity" {
  assert {
    condition = jsonencode({ for statement in jsondecode(aws_iam_policy.github_actions["identity"].policy).Statement : statement.Sid => [statement.Action, statement.Condition] if strcontains(jsonencode(statement.Action), "iam:") && can(statement.Condition) }) == jsonencode({
      CreateBoundedRoles   = [["iam:CreateRole", "iam:PutRolePermissionsBoundary", "iam:PutRolePolicy"], { StringEquals = { "iam:PermissionsBoundary" = "arn:aws-us-gov:iam::123456789012:policy/tag-compliance-pull-request-boundary" } }]
      PassRolesToLambda    = [["iam:PassRole"], { StringEquals = { "iam:PassedToService" = "lambda.amazonaws.com" } }]
      PassRolesToScheduler = [["iam:PassRole"], { StringEquals = { "iam:PassedToService" = "scheduler.amazonaws.com" } }]
    })
    error_message = "Roles are created or passed otherwise: ${aws_iam_policy.github_actions["identity"].policy}"
  }

  assert {
    condition = jsonencode({ for statement in jsondecode(aws_iam_policy.github_actions["identity"].policy).Statement : statement.Sid => statement.Resource }) == jsonencode({
      for sid, names in {
        CreateBoundedRoles   = ["checker", "sweep"]
        ManageRoles          = ["checker", "sweep"]
        PassRolesToLambda    = ["checker"]
        PassRolesToScheduler = ["sweep"]
      } : sid => flatten([for name in names : [for digit in range(1, 10) : "arn:aws-us-gov:iam::123456789012:role/tag-compliance-${name}-role-pr${digit}*"]])
    })
    error_message = "Other roles are in reach: ${aws_iam_policy.github_actions["identity"].policy}"
  }

  assert {
    condition     = !anytrue([for key, policy in aws_iam_policy.github_actions : strcontains(policy.policy, "\"iam:") if key != "identity"])
    error_message = "Another policy than identity is about roles."
  }

  assert {
    condition     = aws_iam_policy.boundary.name == "tag-compliance-pull-request-boundary" && !anytrue([for role in [aws_iam_role.github_actions, aws_iam_role.janitor] : can(regex("^tag-compliance-(checker|sweep)-role-", role.name))])
    error_message = "The boundary is not what the condition names, or the role may change itself."
  }

  assert {
    condition = length([
      for action in flatten([for policy in concat(values(aws_iam_policy.github_actions), values(aws_iam_policy.janitor)) : jsondecode(policy.policy).Statement[*].Action]) :
      action if contains(["iam:AttachRolePolicy", "iam:DeleteRolePermissionsBoundary", "iam:CreatePolicyVersion"], action) || endswith(action, ":*")
    ]) == 0
    error_message = "The role could free itself or another of the boundary."
  }
}

run "test_instances" {
  assert {
    condition = jsonencode({ for statement in jsondecode(aws_iam_policy.github_actions["instances"].policy).Statement : statement.Sid => statement.Condition if strcontains(jsonencode(statement.Action), "ec2:") && can(statement.Condition) }) == jsonencode({
      LaunchTestInstances = {
        StringEquals = { "ec2:InstanceType" = "t3.nano" }
        StringLike   = { "aws:RequestTag/Name" = [for digit in range(1, 10) : "tag-compliance-test-pr${digit}*"] }
      }
      TagThemAtLaunch  = { StringEquals = { "ec2:CreateAction" = "RunInstances" } }
      UseTestInstances = { StringLike = { "aws:ResourceTag/Name" = [for digit in range(1, 10) : "tag-compliance-test-pr${digit}*"] } }
    })
    error_message = "Other instances are in reach: ${aws_iam_policy.github_actions["instances"].policy}"
  }

  assert {
    condition     = !anytrue([for key, policy in aws_iam_policy.github_actions : can(regex("ec2:[^D]", policy.policy)) if key != "instances"])
    error_message = "Another policy than instances changes instances."
  }
}

run "function" {
  assert {
    condition = jsonencode([for statement in jsondecode(aws_iam_policy.github_actions["function"].policy).Statement : statement if strcontains(statement.Sid, "Map") || statement.Sid == "AdmitRules"]) == jsonencode([
      {
        Sid       = "AdmitRules"
        Effect    = "Allow"
        Action    = ["lambda:AddPermission"]
        Resource  = [for digit in range(1, 10) : "arn:aws-us-gov:lambda:us-gov-west-1:123456789012:function:tag-compliance-checker-pr${digit}*"]
        Condition = { StringEquals = { "lambda:Principal" = "events.amazonaws.com" } }
      },
      {
        Sid      = "MapQueuesToFunctions"
        Effect   = "Allow"
        Action   = ["lambda:CreateEventSourceMapping", "lambda:DeleteEventSourceMapping", "lambda:UpdateEventSourceMapping"]
        Resource = "*"
        Condition = {
          ArnLike = { "lambda:FunctionArn" = [for digit in range(1, 10) : "arn:aws-us-gov:lambda:us-gov-west-1:123456789012:function:tag-compliance-checker-pr${digit}*"] }
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
        Resource = "arn:aws-us-gov:lambda:us-gov-west-1:123456789012:event-source-mapping:*"
      },
    ])
    error_message = "Other functions may be fed: ${aws_iam_policy.github_actions["function"].policy}"
  }

  assert {
    condition = jsonencode([for statement in jsondecode(aws_iam_policy.github_actions["function"].policy).Statement : statement if strcontains(jsonencode(statement.Action), "scheduler:")]) == jsonencode([{
      Sid      = "ManageSchedules"
      Effect   = "Allow"
      Action   = ["scheduler:CreateSchedule", "scheduler:DeleteSchedule", "scheduler:GetSchedule", "scheduler:UpdateSchedule"]
      Resource = [for digit in range(1, 10) : "arn:aws-us-gov:scheduler:us-gov-west-1:123456789012:schedule/default/tag-compliance-sweep-pr${digit}*"]
    }])
    error_message = "Other schedules are in reach: ${aws_iam_policy.github_actions["function"].policy}"
  }
}

run "rules" {
  assert {
    condition = alltrue([
      for statement in concat([for key in ["rules", "targets"] : jsondecode(aws_iam_policy.github_actions[key].policy).Statement]...) : statement.Resource == flatten([
        for name in ["ec2-state-change", "ec2-tag-change"] : [for digit in range(1, 10) : "arn:aws-us-gov:events:us-gov-west-1:123456789012:rule/${name}-pr${digit}*"]
      ])
    ])
    error_message = "Other rules are in reach: ${aws_iam_policy.github_actions["rules"].policy}"
  }

  assert {
    condition = jsonencode({ for statement in concat([for key in ["rules", "targets"] : jsondecode(aws_iam_policy.github_actions[key].policy).Statement]...) : statement.Sid => [statement.Action, statement.Condition] if can(statement.Condition) }) == jsonencode({
      PutRulesOnInstances = [["events:PutRule"], {
        "ForAllValues:StringEquals" = {
          "events:detail-type" = ["EC2 Instance State-change Notification", "Tag Change on Resource"]
          "events:source"      = ["aws.ec2", "aws.tag"]
        }
        Null = { "events:detail-type" = "false", "events:source" = "false" }
      }]
      PutTheirTargets = [["events:PutTargets"], {
        "ForAllValues:ArnLike" = {
          "events:TargetArn" = concat(
            [for digit in range(1, 10) : "arn:aws-us-gov:lambda:us-gov-west-1:123456789012:function:tag-compliance-checker-pr${digit}*"],
            [for digit in range(1, 10) : "arn:aws-us-gov:sqs:us-gov-west-1:123456789012:tag-compliance-events-pr${digit}*"],
          )
        }
        Null = { "events:TargetArn" = "false" }
      }]
    })
    error_message = "Rules may match or reach something else: ${aws_iam_policy.github_actions["rules"].policy}"
  }
}

run "alarms" {
  assert {
    condition = jsonencode([for statement in jsondecode(aws_iam_policy.github_actions["alarm_actions"].policy).Statement : [statement.Action, statement.Condition] if statement.Sid == "PutAlarmsThatTellTheirTopics"]) == jsonencode([[
      ["cloudwatch:PutMetricAlarm"],
      { "ForAllValues:StringLike" = { "cloudwatch:AlarmActions" = [for digit in range(1, 10) : "arn:aws-us-gov:sns:us-gov-west-1:123456789012:compliance-alerts-pr${digit}*"] } },
    ]])
    error_message = "Alarms may do something else: ${aws_iam_policy.github_actions["alarm_actions"].policy}"
  }
}

run "queues" {
  assert {
    condition = one([for statement in jsondecode(aws_iam_policy.github_actions["storage"].policy).Statement : statement.Resource if statement.Sid == "ManageQueues"]) == flatten([
      for name in ["tag-compliance-dlq", "tag-compliance-delay", "tag-compliance-events", "tag-compliance-test"] : [for digit in range(1, 10) : "arn:aws-us-gov:sqs:us-gov-west-1:123456789012:${name}-pr${digit}*"]
    ])
    error_message = "Other queues are in reach: ${aws_iam_policy.github_actions["storage"].policy}"
  }
}

run "tables" {
  assert {
    condition = jsonencode({ for statement in jsondecode(aws_iam_policy.github_actions["tables"].policy).Statement : statement.Sid => statement.Resource }) == jsonencode({
      ManageTables   = [for digit in range(1, 10) : "arn:aws-us-gov:dynamodb:us-gov-west-1:123456789012:table/tag-compliance-state-pr${digit}*"]
      FindDefaultKey = "arn:aws-us-gov:kms:us-gov-west-1:123456789012:key/*"
    })
    error_message = "Other tables are in reach: ${aws_iam_policy.github_actions["tables"].policy}"
  }

  assert {
    condition     = !anytrue([for key, policy in aws_iam_policy.github_actions : strcontains(policy.policy, "dynamodb:") if key != "tables"])
    error_message = "Another policy than tables is about tables."
  }
}

run "states" {
  assert {
    condition = jsonencode({ for statement in jsondecode(aws_iam_policy.github_actions["storage"].policy).Statement : statement.Sid => [statement.Action, statement.Resource] if endswith(statement.Sid, "States") }) == jsonencode({
      ListStates = [["s3:ListBucket"], "arn:aws-us-gov:s3:::states"]
      UseStates  = [["s3:DeleteObject", "s3:GetObject", "s3:PutObject"], "arn:aws-us-gov:s3:::states/pr/*"]
    })
    error_message = "Other states are in reach: ${aws_iam_policy.github_actions["storage"].policy}"
  }
}

run "boundary" {
  assert {
    condition = jsonencode({ for statement in jsondecode(aws_iam_policy.boundary.policy).Statement : statement.Sid => statement.Action if statement.Effect == "Allow" }) == jsonencode({
      ReadInstances = ["ec2:DescribeInstances", "ec2:DescribeTags"]
      PutMetrics    = ["cloudwatch:PutMetricData"]
      UseTheirs = [
        "dynamodb:BatchGetItem", "dynamodb:DescribeStream", "dynamodb:GetItem", "dynamodb:GetRecords", "dynamodb:GetShardIterator", "dynamodb:ListStreams", "dynamodb:Query", "dynamodb:Scan", "dynamodb:UpdateItem",
        "lambda:InvokeFunction",
        "logs:CreateLogStream", "logs:PutLogEvents",
        "s3:PutObject",
        "sns:Publish",
        "sqs:SendMessage",
      ]
      UseDelayQueues = ["sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:ReceiveMessage", "sqs:SendMessage"]
      ReceiveEvents  = ["sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:ReceiveMessage"]
    })
    error_message = "The boundary lets roles do something else: ${aws_iam_policy.boundary.policy}"
  }

  assert {
    condition = jsonencode({ for statement in jsondecode(aws_iam_policy.boundary.policy).Statement : statement.Sid => statement.Resource if statement.Resource != "*" && statement.Effect == "Allow" }) == jsonencode({
      UseTheirs = flatten([
        for name in [
          "s3:::compliance-logs-pr#*/scans/*",
          "lambda:*:*:function:tag-compliance-checker-pr#*",
          "logs:*:*:log-group:/aws/lambda/tag-compliance-checker-pr#*",
          "sqs:*:*:tag-compliance-dlq-pr#*",
          "dynamodb:*:*:table/tag-compliance-state-pr#*",
          "sns:*:*:compliance-alerts-pr#*",
        ] : [for digit in range(1, 10) : "arn:*:${replace(name, "#", digit)}"]
      ])
      UseDelayQueues = [for digit in range(1, 10) : "arn:*:sqs:*:*:tag-compliance-delay-pr${digit}*"]
      ReceiveEvents  = [for digit in range(1, 10) : "arn:*:sqs:*:*:tag-compliance-events-pr${digit}*"]
    })
    error_message = "The boundary is on other resources: ${aws_iam_policy.boundary.policy}"
  }

  assert {
    condition     = [for statement in jsondecode(aws_iam_policy.boundary.policy).Statement : statement.Condition.StringLike["cloudwatch:namespace"][0] if statement.Sid == "PutMetrics"][0] == "TagCompliance/pr1*"
    error_message = "The boundary lets roles write other metrics."
  }

  assert {
    condition = jsonencode({ for statement in jsondecode(aws_iam_policy.boundary.policy).Statement : statement.Sid => [try(statement.Action, null), try(statement.NotAction, null), statement.Condition] if statement.Effect == "Deny" }) == jsonencode({
      StayInTheAccount = ["*", null, {
        Null            = { "aws:ResourceAccount" = "false" }
        StringNotEquals = { "aws:ResourceAccount" = "123456789012" }
      }]
      OnlyFromTheFunctionsCode = [null, [
        "dynamodb:DescribeStream", "dynamodb:GetRecords", "dynamodb:GetShardIterator", "dynamodb:ListStreams",
        "lambda:InvokeFunction",
        "sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:ReceiveMessage", "sqs:SendMessage",
      ], { ArnNotLike = { "lambda:SourceFunctionArn" = "arn:*:lambda:*:*:function:tag-compliance-checker-pr*" } }]
      SendOnlyFromTheFunctionsCode = [["sqs:SendMessage"], null, { ArnNotLike = { "lambda:SourceFunctionArn" = "arn:*:lambda:*:*:function:tag-compliance-checker-pr*" } }]
    })
    error_message = "A role that is taken elsewhere can do something else: ${aws_iam_policy.boundary.policy}"
  }
}

run "janitor" {
  # Nothing that creates, passes, invokes, publishes or sends: the four Puts of S3, a topic's default policy and the default
  # recursion configuration are how the provider deletes.
  assert {
    condition = toset([
      for action in distinct(flatten([for policy in values(aws_iam_policy.janitor) : jsondecode(policy.policy).Statement[*].Action])) : action
      if !can(regex("^[a-z0-9]+:(Delete|Describe|Get|List|Remove|Unsubscribe)", action))
      ]) == toset([
      "lambda:PutFunctionRecursionConfig",
      "s3:PutBucketPublicAccessBlock",
      "s3:PutEncryptionConfiguration",
      "s3:PutLifecycleConfiguration",
      "s3:PutObject",
      "sns:SetTopicAttributes",
    ])
    error_message = "The janitor may do more than destroy: ${jsonencode({ for key, policy in aws_iam_policy.janitor : key => policy.policy })}"
  }

  assert {
    condition = alltrue(flatten([
      for policy in values(aws_iam_policy.janitor) : [
        for statement in jsondecode(policy.policy).Statement : [
          for resource in flatten([statement.Resource]) : can(regex("-pr[1-9]\\*$|:states$|:states/pr/\\*$", resource))
        ] if !contains(["List", "FindDefaultKey", "DestroyMappings", "ReadMappings"], statement.Sid)
      ]
    ]))
    error_message = "The janitor reaches other names: ${jsonencode({ for key, policy in aws_iam_policy.janitor : key => policy.policy })}"
  }
}

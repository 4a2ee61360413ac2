mock_provider "aws" {
  source = "./tests/mocks"
}

variables {
  repository        = { owner = "octo-org", name = "tag-compliance" }
  state_bucket_name = "states"
}

run "limits" {
  assert {
    condition     = alltrue([for policy in concat(values(aws_iam_policy.github_actions), [aws_iam_policy.boundary]) : length(policy.policy) <= 6144])
    error_message = "A policy is longer than IAM's 6144 characters: ${jsonencode({ for key, policy in aws_iam_policy.github_actions : key => length(policy.policy) })}, boundary ${length(aws_iam_policy.boundary.policy)}."
  }

  assert {
    condition     = toset([for attachment in aws_iam_role_policy_attachment.github_actions : attachment.role]) == toset([aws_iam_role.github_actions.name]) && toset(keys(aws_iam_role_policy_attachment.github_actions)) == toset(keys(aws_iam_policy.github_actions))
    error_message = "Not every policy is on the role."
  }

  assert {
    condition     = alltrue([for policy in concat(values(aws_iam_policy.github_actions), [aws_iam_policy.boundary]) : !strcontains(policy.policy, "pr*") && !strcontains(policy.policy, "-*")])
    error_message = "A pattern also matches environments such as prod."
  }

  assert {
    condition = alltrue(flatten([
      for policy in concat(values(aws_iam_policy.github_actions), [aws_iam_policy.boundary]) : [
        for statement in jsondecode(policy.policy).Statement : [
          for action in statement.Action : can(regex("^[a-z0-9]+:(Describe|Get|List|Test)", action)) || can(statement.Condition)
        ] if statement.Resource == "*"
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
    condition     = aws_iam_policy.boundary.name == "tag-compliance-pull-request-boundary" && !can(regex("^tag-compliance-(checker|sweep)-role-", aws_iam_role.github_actions.name))
    error_message = "The boundary is not what the condition names, or the role may change itself."
  }

  assert {
    condition = length([
      for action in flatten([for policy in values(aws_iam_policy.github_actions) : jsondecode(policy.policy).Statement[*].Action]) :
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
    condition = jsonencode([for statement in jsondecode(aws_iam_policy.github_actions["function"].policy).Statement : statement if strcontains(statement.Sid, "Map")]) == jsonencode([
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

  assert {
    condition = one([for statement in jsondecode(aws_iam_policy.github_actions["function"].policy).Statement : statement.Resource if statement.Sid == "ManageRules"]) == flatten([
      for name in ["ec2-state-change", "ec2-tag-change"] : [for digit in range(1, 10) : "arn:aws-us-gov:events:us-gov-west-1:123456789012:rule/${name}-pr${digit}*"]
    ])
    error_message = "Other rules are in reach: ${aws_iam_policy.github_actions["function"].policy}"
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
      ManageTables = [for digit in range(1, 10) : "arn:aws-us-gov:dynamodb:us-gov-west-1:123456789012:table/tag-compliance-state-pr${digit}*"]
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
    condition = jsonencode({ for statement in jsondecode(aws_iam_policy.boundary.policy).Statement : statement.Sid => statement.Action }) == jsonencode({
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
    condition = jsonencode({ for statement in jsondecode(aws_iam_policy.boundary.policy).Statement : statement.Sid => statement.Resource if statement.Resource != "*" }) == jsonencode({
      UseTheirs = flatten([
        for name in [
          "s3:::compliance-logs-pr#*/scans/*",
          "lambda:us-gov-west-1:123456789012:function:tag-compliance-checker-pr#*",
          "logs:us-gov-west-1:123456789012:log-group:/aws/lambda/tag-compliance-checker-pr#*",
          "sqs:us-gov-west-1:123456789012:tag-compliance-dlq-pr#*",
          "dynamodb:us-gov-west-1:123456789012:table/tag-compliance-state-pr#*",
          "sns:us-gov-west-1:123456789012:compliance-alerts-pr#*",
        ] : [for digit in range(1, 10) : "arn:*:${replace(name, "#", digit)}"]
      ])
      UseDelayQueues = [for digit in range(1, 10) : "arn:*:sqs:us-gov-west-1:123456789012:tag-compliance-delay-pr${digit}*"]
      ReceiveEvents  = [for digit in range(1, 10) : "arn:*:sqs:us-gov-west-1:123456789012:tag-compliance-events-pr${digit}*"]
    })
    error_message = "The boundary is on other resources: ${aws_iam_policy.boundary.policy}"
  }

  assert {
    condition     = [for statement in jsondecode(aws_iam_policy.boundary.policy).Statement : statement.Condition.StringLike["cloudwatch:namespace"][0] if statement.Sid == "PutMetrics"][0] == "TagCompliance/pr1*"
    error_message = "The boundary lets roles write other metrics."
  }
}

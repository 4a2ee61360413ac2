mock_provider "aws" {
  source = "./tests/mocks"
}

variables {
  account_id   = "123456789012"
  machine_name = "tag-compliance-channels-qa42"
  role_name    = "tag-compliance-channels-role-qa42"
  tags         = { Team = "platform" }

  channels = {
    desk = {
      type           = "jsm"
      connection_arn = "arn:aws-cn:events:cn-north-1:123456789012:connection/desk/0f1e2d3c"
    }
    oncall = {
      type           = "pagerduty"
      connection_arn = "arn:aws-cn:events:cn-north-1:123456789012:connection/oncall/1f1e2d3c"
      endpoint       = "https://events.eu.pagerduty.com/v2/enqueue"
    }
    platform = {
      type           = "slack"
      connection_arn = "arn:aws-cn:events:cn-north-1:123456789012:connection/slack/2f1e2d3c"
      channel_id     = "C0000000001"
    }
    web = {
      type           = "slack"
      connection_arn = "arn:aws-cn:events:cn-north-1:123456789012:connection/slack/2f1e2d3c"
      channel_id     = "C0000000002"
    }
  }

  state_table = {
    arn  = "arn:aws-cn:dynamodb:cn-north-1:123456789012:table/tag-compliance-state-qa42"
    name = "tag-compliance-state-qa42"
  }
}

run "machine" {
  module {
    source = "./modules/channel-machine"
  }

  assert {
    condition     = output.state_machine.name == "tag-compliance-channels-qa42" && output.state_machine.type == "STANDARD" && output.state_machine.role_arn == output.role.arn
    error_message = "The machine has another name, type or role."
  }

  assert {
    condition     = jsondecode(output.state_machine.definition).QueryLanguage == "JSONata" && !strcontains(output.state_machine.definition, "arn:aws:")
    error_message = "The definition is in another language, or for another partition."
  }

  assert {
    condition = toset([
      for state in values(jsondecode(output.state_machine.definition).States) : state.Arguments.TableName
      if strcontains(try(state.Resource, ""), ":dynamodb:")
    ]) == toset(["tag-compliance-state-qa42"])
    error_message = "The definition names another table."
  }

  assert {
    condition     = output.state_machine.tags == tomap({ Team = "platform" }) && output.role.tags == tomap({ Team = "platform" })
    error_message = "tags are not used."
  }

  assert {
    condition = jsonencode(output.inputs) == jsonencode({
      desk = {
        name           = "desk"
        type           = "jsm"
        connection_arn = "arn:aws-cn:events:cn-north-1:123456789012:connection/desk/0f1e2d3c"
        channel_id     = null
        endpoint       = "https://api.atlassian.com/jsm/ops/integration/v2/alerts"
      }
      oncall = {
        name           = "oncall"
        type           = "pagerduty"
        connection_arn = "arn:aws-cn:events:cn-north-1:123456789012:connection/oncall/1f1e2d3c"
        channel_id     = null
        endpoint       = "https://events.eu.pagerduty.com/v2/enqueue"
      }
      platform = {
        name           = "platform"
        type           = "slack"
        connection_arn = "arn:aws-cn:events:cn-north-1:123456789012:connection/slack/2f1e2d3c"
        channel_id     = "C0000000001"
        endpoint       = "https://slack.com/api/chat.postMessage"
      }
      web = {
        name           = "web"
        type           = "slack"
        connection_arn = "arn:aws-cn:events:cn-north-1:123456789012:connection/slack/2f1e2d3c"
        channel_id     = "C0000000002"
        endpoint       = "https://slack.com/api/chat.postMessage"
      }
    })
    error_message = "Executions are told something else: ${jsonencode(output.inputs)}"
  }
}

run "role" {
  module {
    source = "./modules/channel-machine"
  }

  assert {
    condition = jsonencode(jsondecode(output.role.assume_role_policy)) == jsonencode({
      Version = "2012-10-17"
      Statement = [{
        Sid       = "AssumedByStepFunctions"
        Effect    = "Allow"
        Principal = { Service = "states.amazonaws.com" }
        Action    = "sts:AssumeRole"
        Condition = {
          StringEquals = { "aws:SourceAccount" = "123456789012" }
          ArnEquals    = { "aws:SourceArn" = "arn:aws-cn:states:cn-north-1:123456789012:stateMachine:tag-compliance-channels-qa42" }
        }
      }]
    })
    error_message = "The trust policy is: ${output.role.assume_role_policy}"
  }

  assert {
    condition     = output.role.name == "tag-compliance-channels-role-qa42" && output.role_policy.role == output.role.id && output.role.permissions_boundary == null
    error_message = "The role has another name, the policy is on another role, or the role is bounded by default."
  }

  assert {
    condition = jsonencode(jsondecode(output.role_policy.policy)) == jsonencode({
      Version = "2012-10-17"
      Statement = [
        {
          Sid      = "CallChannels"
          Effect   = "Allow"
          Action   = ["states:InvokeHTTPEndpoint"]
          Resource = "arn:aws-cn:states:cn-north-1:123456789012:stateMachine:tag-compliance-channels-qa42"
          Condition = {
            StringEquals = { "states:HTTPMethod" = "POST" }
            StringLike = {
              "states:HTTPEndpoint" = [
                "https://api.atlassian.com/jsm/ops/integration/v2/alerts",
                "https://api.atlassian.com/jsm/ops/integration/v2/alerts/*/close*",
                "https://events.eu.pagerduty.com/v2/enqueue",
                "https://slack.com/api/chat.postMessage",
              ]
            }
          }
        },
        {
          Sid    = "UseConnections"
          Effect = "Allow"
          Action = ["events:RetrieveConnectionCredentials"]
          Resource = [
            "arn:aws-cn:events:cn-north-1:123456789012:connection/desk/0f1e2d3c",
            "arn:aws-cn:events:cn-north-1:123456789012:connection/oncall/1f1e2d3c",
            "arn:aws-cn:events:cn-north-1:123456789012:connection/slack/2f1e2d3c",
          ]
        },
        {
          Sid    = "ReadSecretsOfConnections"
          Effect = "Allow"
          Action = ["secretsmanager:DescribeSecret", "secretsmanager:GetSecretValue"]
          Resource = [
            "arn:aws-cn:secretsmanager:cn-north-1:123456789012:secret:events!connection/desk/*",
            "arn:aws-cn:secretsmanager:cn-north-1:123456789012:secret:events!connection/oncall/*",
            "arn:aws-cn:secretsmanager:cn-north-1:123456789012:secret:events!connection/slack/*",
          ]
        },
        {
          Sid       = "ReadViolations"
          Effect    = "Allow"
          Action    = ["dynamodb:GetItem"]
          Resource  = "arn:aws-cn:dynamodb:cn-north-1:123456789012:table/tag-compliance-state-qa42"
          Condition = { "ForAllValues:StringLike" = { "dynamodb:LeadingKeys" = ["i#*"] } }
        },
        {
          Sid       = "RememberMessages"
          Effect    = "Allow"
          Action    = ["dynamodb:GetItem", "dynamodb:UpdateItem"]
          Resource  = "arn:aws-cn:dynamodb:cn-north-1:123456789012:table/tag-compliance-state-qa42"
          Condition = { "ForAllValues:StringEquals" = { "dynamodb:LeadingKeys" = ["channel#platform", "channel#web"] } }
        },
      ]
    })
    error_message = "The role may do something else: ${output.role_policy.policy}"
  }
}

run "slack_alone" {
  module {
    source = "./modules/channel-machine"
  }

  variables {
    channels = {
      platform = {
        type           = "slack"
        connection_arn = "arn:aws-cn:events:cn-north-1:123456789012:connection/slack/2f1e2d3c"
        channel_id     = "C0000000001"
      }
    }
  }

  assert {
    condition = [for statement in jsondecode(output.role_policy.policy).Statement : statement.Sid] == [
      "CallChannels", "UseConnections", "ReadSecretsOfConnections", "RememberMessages",
    ]
    error_message = "The role may read violations, which no channel needs."
  }
}

run "pagerduty_alone" {
  module {
    source = "./modules/channel-machine"
  }

  variables {
    channels = {
      oncall = {
        type           = "pagerduty"
        connection_arn = "arn:aws-cn:events:cn-north-1:123456789012:connection/oncall/1f1e2d3c"
      }
    }
  }

  assert {
    condition = [for statement in jsondecode(output.role_policy.policy).Statement : statement.Sid] == [
      "CallChannels", "UseConnections", "ReadSecretsOfConnections", "ReadViolations",
    ]
    error_message = "The role may write to the table, which no channel needs."
  }

  assert {
    condition     = jsondecode(output.role_policy.policy).Statement[0].Condition.StringLike["states:HTTPEndpoint"] == ["https://events.pagerduty.com/v2/enqueue"]
    error_message = "The role may call an endpoint that no channel has."
  }
}

run "everything_by_variable" {
  module {
    source = "./modules/channel-machine"
  }

  variables {
    kms_key_arn              = "arn:aws-cn:kms:cn-north-1:123456789012:key/mrk-1234abcd"
    permissions_boundary_arn = "arn:aws-cn:iam::123456789012:policy/boundary"
  }

  assert {
    condition     = output.role.permissions_boundary == "arn:aws-cn:iam::123456789012:policy/boundary"
    error_message = "permissions_boundary_arn is not used."
  }

  assert {
    condition = jsonencode([for statement in jsondecode(output.role_policy.policy).Statement : statement if statement.Sid == "UseKey"]) == jsonencode([{
      Sid      = "UseKey"
      Effect   = "Allow"
      Action   = ["kms:Decrypt"]
      Resource = "arn:aws-cn:kms:cn-north-1:123456789012:key/mrk-1234abcd"
    }])
    error_message = "The role may not decrypt the table, or more: ${output.role_policy.policy}"
  }
}

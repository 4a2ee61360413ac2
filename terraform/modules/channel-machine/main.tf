locals {
  # arn:partition:dynamodb:region:account:table/name
  partition = split(":", var.state_table.arn)[1]
  region    = split(":", var.state_table.arn)[3]

  # The role's policies name the machine that uses the role; an ARN built from the name breaks the cycle.
  machine_arn = "arn:${local.partition}:states:${local.region}:${var.account_id}:stateMachine:${var.machine_name}"

  endpoints = {
    jsm       = "https://api.atlassian.com/jsm/ops/integration/v2/alerts"
    pagerduty = "https://events.pagerduty.com/v2/enqueue"
    slack     = "https://slack.com/api/chat.postMessage"
  }

  inputs = {
    for name, channel in var.channels : name => {
      name           = name
      type           = channel.type
      connection_arn = channel.connection_arn
      channel_id     = channel.channel_id
      endpoint       = coalesce(channel.endpoint, local.endpoints[channel.type])
    }
  }

  # A JSM alert is closed at an address of its own.
  called = sort(distinct(flatten([
    for input in values(local.inputs) : concat([input.endpoint], input.type == "jsm" ? ["${input.endpoint}/*/close*"] : [])
  ])))

  connections = sort(distinct([for input in values(local.inputs) : input.connection_arn]))

  # arn:partition:events:region:account:connection/name/id. EventBridge names the secret for the connection, with another id.
  secrets = [
    for arn in local.connections :
    "${replace(join(":", slice(split(":", arn), 0, 5)), ":events:", ":secretsmanager:")}:secret:events!${split("/", split(":", arn)[5])[0]}/${split("/", arn)[1]}/*"
  ]

  posting  = [for name, input in local.inputs : name if input.type == "slack"]
  alerting = [for name, input in local.inputs : name if input.type != "slack"]
}

resource "aws_iam_role" "machine" {
  name                 = var.role_name
  description          = "Lets the state machine ${var.machine_name} call channels."
  permissions_boundary = var.permissions_boundary_arn
  tags                 = var.tags

  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid       = "AssumedByStepFunctions"
        Effect    = "Allow"
        Principal = { Service = "states.amazonaws.com" }
        Action    = "sts:AssumeRole"
        Condition = {
          StringEquals = { "aws:SourceAccount" = var.account_id }
          ArnEquals    = { "aws:SourceArn" = local.machine_arn }
        }
      },
    ]
  })
}

resource "aws_iam_role_policy" "machine" {
  name = "tag-compliance-channels"
  role = aws_iam_role.machine.id

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = concat([
      {
        Sid      = "CallChannels"
        Effect   = "Allow"
        Action   = ["states:InvokeHTTPEndpoint"]
        Resource = local.machine_arn
        Condition = {
          StringEquals = { "states:HTTPMethod" = "POST" }
          StringLike   = { "states:HTTPEndpoint" = local.called }
        }
      },
      {
        Sid      = "UseConnections"
        Effect   = "Allow"
        Action   = ["events:RetrieveConnectionCredentials"]
        Resource = local.connections
      },
      {
        Sid      = "ReadSecretsOfConnections"
        Effect   = "Allow"
        Action   = ["secretsmanager:DescribeSecret", "secretsmanager:GetSecretValue"]
        Resource = local.secrets
      },
      ], [
      for key in length(local.alerting) > 0 ? ["i#*"] : [] : {
        Sid       = "ReadViolations"
        Effect    = "Allow"
        Action    = ["dynamodb:GetItem"]
        Resource  = var.state_table.arn
        Condition = { "ForAllValues:StringLike" = { "dynamodb:LeadingKeys" = [key] } }
      }
      ], [
      for keys in length(local.posting) > 0 ? [formatlist("channel#%s", local.posting)] : [] : {
        Sid       = "RememberMessages"
        Effect    = "Allow"
        Action    = ["dynamodb:GetItem", "dynamodb:UpdateItem"]
        Resource  = var.state_table.arn
        Condition = { "ForAllValues:StringEquals" = { "dynamodb:LeadingKeys" = keys } }
      }
      ], [
      # DynamoDB decrypts for whoever asks, with that caller's right to the key.
      for key in var.kms_key_arn[*] : {
        Sid      = "UseKey"
        Effect   = "Allow"
        Action   = ["kms:Decrypt"]
        Resource = key
      }
    ])
  })
}

resource "aws_sfn_state_machine" "channels" {
  # checkov:skip=CKV_AWS_284:X-Ray needs permissions that the role must not have.
  # checkov:skip=CKV_AWS_285:The history of each execution is kept for 90 days anyway; a log needs eight permissions on "*".
  name     = var.machine_name
  role_arn = aws_iam_role.machine.arn
  # Its executions wait for up to a day, and can be redriven.
  type = "STANDARD"
  tags = var.tags

  definition = templatefile("${path.module}/machine.asl.json", {
    partition  = local.partition
    table_name = var.state_table.name
  })

  # An execution ends at its next state, and none waits longer than half an hour for that.
  timeouts {
    delete = "40m"
  }

  # The machine must never run without its permissions, and on destroy must be gone before they are.
  depends_on = [aws_iam_role_policy.machine]
}

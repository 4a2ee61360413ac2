# What both roles, apply and janitor, may do.
locals {
  list_states = {
    Sid      = "ListStates"
    Effect   = "Allow"
    Action   = ["s3:ListBucket"]
    Resource = "arn:${local.partition}:s3:::${var.state_bucket_name}"
  }

  use_states = {
    Sid      = "UseStates"
    Effect   = "Allow"
    Action   = ["s3:DeleteObject", "s3:GetObject", "s3:PutObject"]
    Resource = "arn:${local.partition}:s3:::${var.state_bucket_name}/pr/*"
  }

  # The provider looks up DynamoDB's default key whenever it reads a table.
  find_default_key = {
    Sid      = "FindDefaultKey"
    Effect   = "Allow"
    Action   = ["kms:DescribeKey"]
    Resource = "arn:${local.partition}:kms:${local.regional}:key/*"
    Condition = {
      StringEquals = { "kms:RequestAlias" = "alias/aws/dynamodb" }
    }
  }
}

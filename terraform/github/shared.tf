# What apply and janitor both may, said once.
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

  # The provider asks, at each look at a table, which key is DynamoDB's own.
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

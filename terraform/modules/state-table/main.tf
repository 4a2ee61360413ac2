resource "aws_dynamodb_table" "state" {
  # checkov:skip=CKV_AWS_28:A table that is lost is rebuilt by the next sweep; a copy from before would repeat old alerts.
  # checkov:skip=CKV_AWS_119:DynamoDB encrypts by its own key; kms_key_arn takes another where one is wanted.
  name         = var.table_name
  billing_mode = "PAY_PER_REQUEST"
  hash_key     = "pk"
  range_key    = "sk"
  tags         = var.tags

  # An environment is destroyed with all that is in it.
  deletion_protection_enabled = false

  # The function looks at the instance anew, so that the new image, which the mapping filters by, is enough.
  stream_enabled   = true
  stream_view_type = "NEW_IMAGE"

  attribute {
    name = "pk"
    type = "S"
  }

  attribute {
    name = "sk"
    type = "S"
  }

  attribute {
    name = "grp"
    type = "S"
  }

  attribute {
    name = "due"
    type = "N"
  }

  # Sparse: only what has to be verified or told has a time at which it is due.
  global_secondary_index {
    name            = local.index_name
    hash_key        = "grp"
    range_key       = "due"
    projection_type = "KEYS_ONLY"
  }

  ttl {
    attribute_name = "ttl"
    enabled        = true
  }

  # Said without a key too: where there is no block, the provider leaves the key of before.
  server_side_encryption {
    enabled     = var.kms_key_arn != null
    kms_key_arn = var.kms_key_arn
  }
}

locals {
  index_name = "due"
}

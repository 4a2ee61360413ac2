resource "aws_dynamodb_table" "state" {
  # checkov:skip=CKV_AWS_28:The next sweep rebuilds a lost table; a backup would repeat old alerts.
  # checkov:skip=CKV_AWS_119:DynamoDB encrypts with its own key; kms_key_arn sets another if one is wanted.
  name         = var.table_name
  billing_mode = "PAY_PER_REQUEST"
  hash_key     = "pk"
  range_key    = "sk"
  tags         = var.tags

  # An environment is destroyed with everything in it.
  deletion_protection_enabled = false

  # The function looks at the instance again, so the mapping's filter is all that needs an image.
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

  # Sparse: only items with something to verify or to alert have a due time.
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

  # Set explicitly even without a key: if there is no block, the provider keeps the previous key.
  server_side_encryption {
    enabled     = var.kms_key_arn != null
    kms_key_arn = var.kms_key_arn
  }
}

locals {
  index_name = "due"
}

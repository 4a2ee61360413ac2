# What the caller's provider gives to every resource anyway.
data "aws_default_tags" "current" {}

locals {
  default_tags = coalesce(data.aws_default_tags.current.tags, {})

  fallback_tags = {
    Environment = "dev"
    Owner       = "platform-team"
    Application = "ec2-tag-compliance"
  }

  # A fallback never overrides the caller's default_tags. IAM takes keys that differ only in case for the same key.
  tags = var.tags != null ? var.tags : {
    for key, value in local.fallback_tags : key => value
    if !contains([for name in keys(local.default_tags) : lower(name)], lower(key))
  }

  # What our resources really carry.
  all_tags = merge(local.default_tags, local.tags)
}

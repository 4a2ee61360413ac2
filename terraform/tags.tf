# The caller's provider adds these to every resource.
data "aws_default_tags" "current" {}

locals {
  default_tags = coalesce(data.aws_default_tags.current.tags, {})

  fallback_tags = {
    Environment = "dev"
    Owner       = "platform-team"
    Application = "ec2-tag-compliance"
  }

  # A fallback never overrides the caller's default_tags. IAM treats keys that differ only in case as the same key.
  tags = var.tags != null ? var.tags : {
    for key, value in local.fallback_tags : key => value
    if !contains([for name in keys(local.default_tags) : lower(name)], lower(key))
  }

  # The tags that our resources end up with.
  all_tags = merge(local.default_tags, local.tags)
}

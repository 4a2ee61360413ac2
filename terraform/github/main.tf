provider "aws" {
  default_tags {
    tags = var.tags
  }
}

data "aws_caller_identity" "current" {}

data "aws_partition" "current" {}

data "aws_region" "current" {}

locals {
  account_id = data.aws_caller_identity.current.account_id
  partition  = data.aws_partition.current.partition
  region     = data.aws_region.current.id

  issuer = "token.actions.githubusercontent.com"

  # The role of pull requests must not be one that they may change: their names begin with tag-compliance-checker-role-pr and tag-compliance-sweep-role-pr.
  role_name     = "tag-compliance-github-actions"
  boundary_name = "tag-compliance-pull-request-boundary"
  boundary_arn  = "arn:${local.partition}:iam::${local.account_id}:policy/${local.boundary_name}"

  repository_subject = var.repository.id == null ? "${var.repository.owner}/${var.repository.name}" : "${var.repository.owner}@${var.repository.owner_id}/${var.repository.name}@${var.repository.id}"
  subjects           = [for name in sort(var.environments) : "repo:${local.repository_subject}:environment:${name}"]
}

resource "aws_iam_openid_connect_provider" "github" {
  count = var.oidc_provider_arn == null ? 1 : 0

  url            = "https://${local.issuer}"
  client_id_list = ["sts.amazonaws.com"]
}

resource "aws_iam_role" "github_actions" {
  name        = local.role_name
  description = "Applies, tests and destroys the environments of pull requests of ${var.repository.owner}/${var.repository.name}."

  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid       = "AssumedByWorkflows"
        Effect    = "Allow"
        Principal = { Federated = coalesce(var.oidc_provider_arn, one(aws_iam_openid_connect_provider.github[*].arn)) }
        Action    = "sts:AssumeRoleWithWebIdentity"
        Condition = {
          StringEquals = {
            "${local.issuer}:aud" = "sts.amazonaws.com"
            "${local.issuer}:sub" = local.subjects
          }
        }
      },
    ]
  })
}

# Several, because one policy holds 6144 characters.
resource "aws_iam_policy" "github_actions" {
  for_each = local.statements

  name        = "${local.role_name}-${each.key}"
  description = "What the environments of pull requests need: ${each.key}."
  policy      = jsonencode({ Version = "2012-10-17", Statement = each.value })
}

resource "aws_iam_role_policy_attachment" "github_actions" {
  for_each = aws_iam_policy.github_actions

  role       = aws_iam_role.github_actions.name
  policy_arn = each.value.arn
}

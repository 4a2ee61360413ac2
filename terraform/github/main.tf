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

  # Pull requests may change roles that begin with tag-compliance-checker-role-pr and tag-compliance-sweep-role-pr, so never these.
  role_name         = "tag-compliance-github-actions"
  janitor_role_name = "tag-compliance-janitor"
  boundary_name     = "tag-compliance-pull-request-boundary"
  boundary_arn      = "arn:${local.partition}:iam::${local.account_id}:policy/${local.boundary_name}"

  repository_name    = "${var.repository.owner}/${var.repository.name}"
  repository_subject = var.repository.owner_id == null ? local.repository_name : "${var.repository.owner}@${var.repository.owner_id}/${var.repository.name}@${var.repository.id}"
  default_ref        = "refs/heads/${var.default_branch}"

  subjects = {
    apply   = "repo:${local.repository_subject}:environment:${var.environment}"
    janitor = "repo:${local.repository_subject}:environment:${var.janitor_environment}"
  }

  # What a token must claim besides its subject. The author of a pull request can change the workflow, but not its file name or
  # ref; the janitor's workflow is the one on the default branch.
  claims = {
    apply = {
      StringEquals = { repository_id = tostring(var.repository.id) }
      StringLike = {
        job_workflow_ref = "${local.repository_name}/.github/workflows/pr-environment.yml@refs/pull/*/merge"
        ref              = "refs/pull/*/merge"
      }
    }
    janitor = {
      StringEquals = {
        job_workflow_ref = "${local.repository_name}/.github/workflows/janitor.yml@${local.default_ref}"
        ref              = local.default_ref
        repository_id    = tostring(var.repository.id)
      }
      StringLike = {}
    }
  }

  trust = {
    for role, subject in local.subjects : role => jsonencode({
      Version = "2012-10-17"
      Statement = [
        {
          Sid       = "AssumedByWorkflows"
          Effect    = "Allow"
          Principal = { Federated = coalesce(var.oidc_provider_arn, one(aws_iam_openid_connect_provider.github[*].arn)) }
          Action    = "sts:AssumeRoleWithWebIdentity"
          Condition = {
            for operator, claims in {
              StringEquals = merge(local.claims[role].StringEquals, { aud = "sts.amazonaws.com", sub = subject })
              StringLike   = local.claims[role].StringLike
            } : operator => { for claim, value in claims : "${local.issuer}:${claim}" => value } if length(claims) > 0
          }
        },
      ]
    })
  }
}

resource "aws_iam_openid_connect_provider" "github" {
  count = var.oidc_provider_arn == null ? 1 : 0

  url            = "https://${local.issuer}"
  client_id_list = ["sts.amazonaws.com"]
}

resource "aws_iam_role" "github_actions" {
  name               = local.role_name
  description        = "Applies and tests the environments of pull requests of ${local.repository_name}."
  assume_role_policy = local.trust.apply
}

# Several, because IAM limits a policy to 6,144 characters.
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

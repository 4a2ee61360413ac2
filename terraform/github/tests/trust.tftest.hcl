mock_provider "aws" {
  source = "./tests/mocks"
}

variables {
  repository        = { owner = "octo-org", name = "tag-compliance", id = 1234567890 }
  state_bucket_name = "states"
}

run "the_applys_role_is_for_pull_requests_alone" {
  assert {
    condition = jsonencode(jsondecode(aws_iam_role.github_actions.assume_role_policy)) == jsonencode({
      Version = "2012-10-17"
      Statement = [{
        Sid       = "AssumedByWorkflows"
        Effect    = "Allow"
        Principal = { Federated = "arn:aws-us-gov:iam::123456789012:oidc-provider/token.actions.githubusercontent.com" }
        Action    = "sts:AssumeRoleWithWebIdentity"
        Condition = {
          StringEquals = {
            "token.actions.githubusercontent.com:aud"           = "sts.amazonaws.com"
            "token.actions.githubusercontent.com:repository_id" = "1234567890"
            "token.actions.githubusercontent.com:sub"           = "repo:octo-org/tag-compliance:environment:pr"
          }
          StringLike = {
            "token.actions.githubusercontent.com:job_workflow_ref" = "octo-org/tag-compliance/.github/workflows/pr-environment.yml@refs/pull/*/merge"
            "token.actions.githubusercontent.com:ref"              = "refs/pull/*/merge"
          }
        }
      }]
    })
    error_message = "The trust policy is: ${aws_iam_role.github_actions.assume_role_policy}"
  }

  assert {
    condition     = one(aws_iam_openid_connect_provider.github).url == "https://token.actions.githubusercontent.com" && one(aws_iam_openid_connect_provider.github).client_id_list == toset(["sts.amazonaws.com"])
    error_message = "The identity provider is not GitHub's for STS."
  }
}

run "the_janitors_role_is_for_the_default_branchs_janitor_alone" {
  variables {
    default_branch = "trunk"
  }

  assert {
    condition = jsonencode(jsondecode(aws_iam_role.janitor.assume_role_policy).Statement[0].Condition) == jsonencode({
      StringEquals = {
        "token.actions.githubusercontent.com:aud"              = "sts.amazonaws.com"
        "token.actions.githubusercontent.com:job_workflow_ref" = "octo-org/tag-compliance/.github/workflows/janitor.yml@refs/heads/trunk"
        "token.actions.githubusercontent.com:ref"              = "refs/heads/trunk"
        "token.actions.githubusercontent.com:repository_id"    = "1234567890"
        "token.actions.githubusercontent.com:sub"              = "repo:octo-org/tag-compliance:environment:pr-cleanup"
      }
    })
    error_message = "The janitor's trust policy is: ${aws_iam_role.janitor.assume_role_policy}"
  }
}

run "by_immutable_subject" {
  variables {
    repository = { owner = "octo-org", name = "tag-compliance", owner_id = 123456, id = 1234567890 }
  }

  assert {
    condition = jsonencode(output.subjects) == jsonencode({
      apply   = "repo:octo-org@123456/tag-compliance@1234567890:environment:pr"
      janitor = "repo:octo-org@123456/tag-compliance@1234567890:environment:pr-cleanup"
    })
    error_message = "The subjects are: ${jsonencode(output.subjects)}"
  }

  assert {
    condition     = [for role in [aws_iam_role.github_actions, aws_iam_role.janitor] : jsondecode(role.assume_role_policy).Statement[0].Condition.StringEquals["token.actions.githubusercontent.com:sub"]] == [output.subjects.apply, output.subjects.janitor]
    error_message = "The roles trust others: ${aws_iam_role.github_actions.assume_role_policy}, ${aws_iam_role.janitor.assume_role_policy}"
  }
}

run "existing_provider" {
  variables {
    oidc_provider_arn = "arn:aws:iam::210987654321:oidc-provider/token.actions.githubusercontent.com"
  }

  assert {
    condition     = length(aws_iam_openid_connect_provider.github) == 0 && alltrue([for role in [aws_iam_role.github_actions, aws_iam_role.janitor] : jsondecode(role.assume_role_policy).Statement[0].Principal.Federated == var.oidc_provider_arn])
    error_message = "oidc_provider_arn is not used."
  }
}

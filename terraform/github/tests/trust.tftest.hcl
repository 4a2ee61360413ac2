mock_provider "aws" {
  source = "./tests/mocks"
}

variables {
  repository        = { owner = "octo-org", name = "tag-compliance" }
  state_bucket_name = "states"
}

run "by_name" {
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
            "token.actions.githubusercontent.com:aud" = "sts.amazonaws.com"
            "token.actions.githubusercontent.com:sub" = [
              "repo:octo-org/tag-compliance:environment:pr",
              "repo:octo-org/tag-compliance:environment:pr-cleanup",
            ]
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

run "by_immutable_subject" {
  variables {
    environments = ["pr"]
    repository   = { owner = "octo-org", name = "tag-compliance", owner_id = 123456, id = 1234567890 }
  }

  assert {
    condition     = output.subjects == ["repo:octo-org@123456/tag-compliance@1234567890:environment:pr"]
    error_message = "The subjects are: ${jsonencode(output.subjects)}"
  }

  assert {
    condition     = jsondecode(aws_iam_role.github_actions.assume_role_policy).Statement[0].Condition.StringEquals["token.actions.githubusercontent.com:sub"] == output.subjects
    error_message = "The role trusts others: ${aws_iam_role.github_actions.assume_role_policy}"
  }
}

run "existing_provider" {
  variables {
    oidc_provider_arn = "arn:aws:iam::210987654321:oidc-provider/token.actions.githubusercontent.com"
  }

  assert {
    condition     = length(aws_iam_openid_connect_provider.github) == 0 && jsondecode(aws_iam_role.github_actions.assume_role_policy).Statement[0].Principal.Federated == var.oidc_provider_arn
    error_message = "oidc_provider_arn is not used."
  }
}

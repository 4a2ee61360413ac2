mock_provider "aws" {
  source = "./tests/mocks"
}

variables {
  repository        = { owner = "octo-org", name = "tag-compliance", id = 1234567890 }
  state_bucket_name = "states"
}

run "refuses_empty_values" {
  command = plan

  variables {
    default_branch    = ""
    environment       = ""
    oidc_provider_arn = ""
    repository        = { owner = "", name = "", id = 1 }
    state_bucket_name = ""
  }

  expect_failures = [
    var.default_branch,
    var.environment,
    var.oidc_provider_arn,
    var.repository,
    var.state_bucket_name,
  ]
}

run "refuses_patterns_and_other_issuers" {
  command = plan

  variables {
    default_branch      = "*"
    janitor_environment = "*"
    oidc_provider_arn   = "arn:aws:iam::123456789012:oidc-provider/gitlab.com"
    repository          = { owner = "octo-org", name = "*", id = 1 }
    state_bucket_name   = "states/*"
  }

  expect_failures = [
    var.default_branch,
    var.janitor_environment,
    var.oidc_provider_arn,
    var.repository,
    var.state_bucket_name,
  ]
}

run "refuses_a_slash_in_the_owner" {
  command = plan

  variables {
    repository = { owner = "octo-org/tag-compliance", name = "tag-compliance", id = 1 }
  }

  expect_failures = [var.repository]
}

run "refuses_one_environment_for_both_roles" {
  command = plan

  variables {
    environment = "pr-cleanup"
  }

  expect_failures = [var.environment]
}

run "refuses_ids_that_are_none" {
  command = plan

  variables {
    repository = { owner = "octo-org", name = "tag-compliance", owner_id = 1.5, id = 0 }
  }

  expect_failures = [var.repository]
}

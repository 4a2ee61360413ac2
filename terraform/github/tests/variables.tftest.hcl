mock_provider "aws" {
  source = "./tests/mocks"
}

variables {
  repository        = { owner = "octo-org", name = "tag-compliance" }
  state_bucket_name = "states"
}

run "refuses_empty_values" {
  command = plan

  variables {
    environments      = []
    oidc_provider_arn = ""
    repository        = { owner = "", name = "" }
    state_bucket_name = ""
  }

  expect_failures = [
    var.environments,
    var.oidc_provider_arn,
    var.repository,
    var.state_bucket_name,
  ]
}

run "refuses_patterns_and_other_issuers" {
  command = plan

  variables {
    environments      = ["pr", "*"]
    oidc_provider_arn = "arn:aws:iam::123456789012:oidc-provider/gitlab.com"
    repository        = { owner = "octo-org", name = "*" }
    state_bucket_name = "states/*"
  }

  expect_failures = [
    var.environments,
    var.oidc_provider_arn,
    var.repository,
    var.state_bucket_name,
  ]
}

run "refuses_a_slash_in_the_owner" {
  command = plan

  variables {
    repository = { owner = "octo-org/tag-compliance", name = "tag-compliance" }
  }

  expect_failures = [var.repository]
}

run "refuses_one_id_without_the_other" {
  command = plan

  variables {
    repository = { owner = "octo-org", name = "tag-compliance", id = 1 }
  }

  expect_failures = [var.repository]
}

run "refuses_ids_that_are_none" {
  command = plan

  variables {
    repository = { owner = "octo-org", name = "tag-compliance", owner_id = 1.5, id = 0 }
  }

  expect_failures = [var.repository]
}

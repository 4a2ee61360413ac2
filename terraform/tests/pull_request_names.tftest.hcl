mock_provider "aws" {
  source = "./tests/mocks"
}

variables {
  lambda_zip_path = "tests/fixtures/bootstrap.zip"
}

run "warns_of_a_pull_requests_suffix_without_a_boundary" {
  command = plan

  variables {
    suffix = "pr42"
  }

  expect_failures = [check.pull_request_names]
}

run "says_nothing_with_a_boundary" {
  command = plan

  variables {
    suffix                   = "pr42"
    permissions_boundary_arn = "arn:aws:iam::123456789012:policy/boundary"
  }
}

run "says_nothing_of_other_suffixes" {
  command = plan

  variables {
    suffix = "prod"
  }
}

run "says_nothing_of_a_number_that_is_none" {
  command = plan

  variables {
    suffix = "pr0"
  }
}

# People who tag an instance must not evade the policy unnoticed: the plan warns of conditions that let them.

mock_provider "aws" {
  source = "./tests/mocks"
}

variables {
  lambda_zip_path = "tests/fixtures/bootstrap.zip"
  suffix          = "qa42"
}

run "names_what_taggers_control" {
  command = plan

  module {
    source = "./modules/tag-policy"
  }

  variables {
    own_tags = { Owner = "x" }
    tag_policy = {
      required_tags = [{ key = "Owner", when = { tags = [{ key = "Team" }] } }]
      scope = {
        include = [{ tags = [{ key = "Team" }] }, { tags = [{ key = "Team" }], regions = ["us-east-1"] }]
        exclude = [
          { regions = ["us-east-1"] },
          { tags = [{ key = "Lab" }] },
          { tags = [{ key = "Lab" }], accounts = ["111111111111"] },
          { tags = [{ key = "aws:eks:cluster-name" }] },
          { tags = [{ key = "Lab" }], min_age_hours = 1 },
          { states = ["stopped"] },
          { auto_scaling_groups = ["web"] },
          { tags = [{ key_pattern = "aws:eks:.*" }] },
          { tags = [{ key_pattern = "aws:eks:.*|Lab" }] },
        ]
      }
      exemptions = [
        { owner = "x", reason = "x", expires = "2030-01-01", when = { instance_ids = ["i-12345678"] } },
        { owner = "x", reason = "x", expires = "2030-01-01", when = { tags = [{ key = "Lab", absent = true }] } },
        { owner = "x", reason = "x", expires = "2030-01-01", when = { max_age_hours = 24 } },
      ]
    }
  }

  assert {
    condition = [for warning in output.warnings : split(";", warning)[0]] == [
      "tag_policy.scope.include: anyone who can tag an instance can leave the scope",
      "tag_policy.scope.exclude[1]: anyone who can tag an instance can exclude it",
      "tag_policy.scope.exclude[4]: anyone who can tag an instance can exclude it",
      "tag_policy.scope.exclude[8]: anyone who can tag an instance can exclude it",
      "tag_policy.exemptions[1].when: anyone who can tag an instance can exempt it",
    ]
    error_message = "Warnings: ${jsonencode(output.warnings)}"
  }
}

run "a_scope_with_a_condition_that_they_do_not_control_cannot_be_left" {
  command = plan

  module {
    source = "./modules/tag-policy"
  }

  variables {
    own_tags = { Owner = "x" }
    tag_policy = {
      required_tags = [{ key = "Owner" }]
      scope         = { include = [{ tags = [{ key = "Team" }] }, { regions = ["us-east-1"] }] }
    }
  }

  assert {
    condition     = length(output.warnings) == 0
    error_message = "Warnings: ${jsonencode(output.warnings)}"
  }
}

run "the_plan_warns" {
  command = plan

  variables {
    tag_policy = {
      required_tags = [{ key = "Owner" }]
      scope         = { exclude = [{ tags = [{ key = "Lab" }] }] }
    }
  }

  expect_failures = [check.tag_policy]
}

run "an_exemption_holds_through_its_last_day" {
  command = plan

  module {
    source = "./modules/tag-policy"
  }

  variables {
    now      = "2027-01-31T23:59:59Z"
    own_tags = { Owner = "x" }
    tag_policy = {
      required_tags = [{ key = "Owner" }]
      exemptions = [
        { owner = "a", reason = "x", expires = "2027-01-31", when = { instance_ids = ["i-12345678"] } },
        { owner = "b", reason = "x", expires = "2027-01-30", when = { instance_ids = ["i-12345678"] } },
      ]
    }
  }

  assert {
    condition     = output.expired_exemptions == ["tag_policy.exemptions[1] of \"b\" expired on 2027-01-30; its instances alert again."]
    error_message = "Expired: ${jsonencode(output.expired_exemptions)}"
  }
}

run "and_no_longer" {
  command = plan

  module {
    source = "./modules/tag-policy"
  }

  variables {
    now      = "2027-02-01T00:00:00Z"
    own_tags = { Owner = "x" }
    tag_policy = {
      required_tags = [{ key = "Owner" }]
      exemptions    = [{ owner = "a", reason = "x", expires = "2027-01-31", when = { instance_ids = ["i-12345678"] } }]
    }
  }

  assert {
    condition     = length(output.expired_exemptions) == 1
    error_message = "Expired: ${jsonencode(output.expired_exemptions)}"
  }
}

run "the_plan_warns_of_exemptions_that_have_expired" {
  command = plan

  variables {
    tag_policy = {
      required_tags = [{ key = "Owner" }]
      exemptions    = [{ owner = "a", reason = "x", expires = "2026-01-31", when = { instance_ids = ["i-12345678"] } }]
    }
  }

  expect_failures = [check.exemptions]
}

run "and_of_none_that_count" {
  command = plan

  variables {
    tag_policy = {
      required_tags = [{ key = "Owner" }]
      exemptions    = [{ owner = "a", reason = "x", expires = "9999-12-31", when = { instance_ids = ["i-12345678"] } }]
    }
  }

  assert {
    condition     = length(module.tag_policy.expired_exemptions) == 0
    error_message = "Expired: ${jsonencode(module.tag_policy.expired_exemptions)}"
  }
}

# The checks of lists, rules and conditions, with their messages.

variables {
  own_tags   = { Owner = "platform-team" }
  tag_policy = { required_tags = [{ key = "Owner" }] }
}

run "refuses_too_many" {
  command = plan

  module {
    source = "./modules/tag-policy"
  }

  variables {
    tag_policy = {
      required_tags  = [for i in range(51) : { key = i == 0 ? "Owner" : "r${i}", when = i == 0 ? null : { states = ["running"] } }]
      forbidden_tags = [for i in range(51) : { key = "f${i}" }]
      scope = {
        include = [for i in range(51) : { states = ["running"] }]
        exclude = [for i in range(51) : { states = ["running"] }]
      }
      exemptions = [for i in range(501) : { owner = "x", reason = "x", expires = "2030-01-01", when = { states = ["running"] } }]
    }
  }

  assert {
    condition = join("\n", local.policy_faults) == join("\n", [
      "tag_policy.required_tags has 51 elements; it must have 0 to 50.",
      "tag_policy.forbidden_tags has 51 elements; it must have 0 to 50.",
      "tag_policy.exemptions has 501 elements; it must have 0 to 500.",
      "tag_policy.scope.include has 51 elements; it must have 1 to 50.",
      "tag_policy.scope.exclude has 51 elements; it must have 1 to 50.",
    ])
    error_message = "Faults: ${jsonencode(local.policy_faults)}"
  }

  expect_failures = [output.json]
}

run "refuses_empty_lists" {
  command = plan

  module {
    source = "./modules/tag-policy"
  }

  variables {
    tag_policy = {
      required_tags = [
        { key = "Owner", allowed_values = [] },
        { key = "Team", when = { tags = [] } },
        { key = "Cost", when = { tags = [{ key = "Team", values = [] }] } },
      ]
      forbidden_tags = [{ key = "owner", when = { instance_ids = [] } }]
      scope          = { include = [], exclude = [{ states = [] }] }
      exemptions     = [{ owner = "x", reason = "x", expires = "2030-01-01", when = { accounts = [], regions = [], auto_scaling_groups = [] } }]
    }
  }

  assert {
    condition = join("\n", local.policy_faults) == join("\n", [
      "tag_policy.scope.include has 0 elements; it must have 1 to 50.",
      "tag_policy.required_tags[0, \"Owner\"].allowed_values is an empty list; leave it out, or give it an element.",
      "tag_policy.required_tags[2, \"Cost\"].when.tags[0, \"Team\"].values is an empty list; leave it out, or give it an element.",
      "tag_policy.forbidden_tags[0, \"owner\"].when.instance_ids is an empty list; leave it out, or give it an element.",
      "tag_policy.scope.exclude[0].states is an empty list; leave it out, or give it an element.",
      "tag_policy.exemptions[0].when.accounts is an empty list; leave it out, or give it an element.",
      "tag_policy.exemptions[0].when.auto_scaling_groups is an empty list; leave it out, or give it an element.",
      "tag_policy.exemptions[0].when.regions is an empty list; leave it out, or give it an element.",
      "tag_policy.required_tags[1, \"Team\"].when.tags is an empty list; leave it out, or give it an element.",
    ])
    error_message = "Faults: ${jsonencode(local.policy_faults)}"
  }

  expect_failures = [output.json]
}

run "refuses_lengths" {
  command = plan

  module {
    source = "./modules/tag-policy"
  }

  variables {
    own_tags = {}
    tag_policy = {
      required_tags = [
        for i, lengths in [[0, null], [257, null], [1.5, null], [null, 0], [null, 257], [null, 1.5], [3, 2]] :
        { key = "k${i}", min_length = lengths[0], max_length = lengths[1], when = { states = ["running"] } }
      ]
    }
  }

  assert {
    condition = join("\n", local.policy_faults) == join("\n", [
      for i, lengths in ["0 and max_length null", "257 and max_length null", "1.5 and max_length null", "null and max_length 0", "null and max_length 257", "null and max_length 1.5", "3 and max_length 2"] :
      "tag_policy.required_tags[${i}, \"k${i}\"] has min_length ${lengths}; they must be whole numbers from 1 to 256, and the second not below the first."
    ])
    error_message = "Faults: ${jsonencode(local.policy_faults)}"
  }

  expect_failures = [output.json]
}

run "refuses_conditions_without_a_part" {
  command = plan

  module {
    source = "./modules/tag-policy"
  }

  variables {
    own_tags = {}
    tag_policy = {
      required_tags  = [{ key = "Owner", when = {} }]
      forbidden_tags = [{ key = "owner", when = {} }]
      scope          = { include = [{ states = ["running"] }, {}], exclude = [{}] }
      exemptions     = [{ owner = "x", reason = "x", expires = "2030-01-01", when = {} }]
    }
  }

  assert {
    condition = join("\n", local.policy_faults) == join("\n", [
      "tag_policy.required_tags[0, \"Owner\"].when is empty; a condition must have at least one part.",
      "tag_policy.forbidden_tags[0, \"owner\"].when is empty; a condition must have at least one part.",
      "tag_policy.scope.include[1] is empty; a condition must have at least one part.",
      "tag_policy.scope.exclude[0] is empty; a condition must have at least one part.",
      "tag_policy.exemptions[0].when is empty; a condition must have at least one part.",
    ])
    error_message = "Faults: ${jsonencode(local.policy_faults)}"
  }

  expect_failures = [output.json]
}

run "refuses_ages_and_tags_that_are_ambiguous" {
  command = plan

  module {
    source = "./modules/tag-policy"
  }

  variables {
    own_tags = {}
    tag_policy = {
      required_tags  = [{ key = "Owner", when = { min_age_hours = -1 } }]
      forbidden_tags = [{ key = "owner", when = { max_age_hours = 0.5 } }]
      scope = {
        include = [{ min_age_hours = 24, max_age_hours = 24 }]
        exclude = [
          { tags = [{ key = "a", values = ["x"], pattern = "x" }, { key = "b", values = ["x"], absent = true }, { key = "c", pattern = "x", absent = true }] },
        ]
      }
    }
  }

  assert {
    condition = join("\n", local.policy_faults) == join("\n", [
      "tag_policy.required_tags[0, \"Owner\"].when.min_age_hours is -1; it must be a whole number from 0 to 4294967295.",
      "tag_policy.forbidden_tags[0, \"owner\"].when.max_age_hours is 0.5; it must be a whole number from 0 to 4294967295.",
      "tag_policy.scope.include[0] has the ages {\"max_age_hours\":24,\"min_age_hours\":24}; they must be in hours or in minutes, and the least below the most.",
      "tag_policy.scope.exclude[0].tags[0, \"a\"] has more than one of values, pattern and absent; it must have at most one.",
      "tag_policy.scope.exclude[0].tags[1, \"b\"] has more than one of values, pattern and absent; it must have at most one.",
      "tag_policy.scope.exclude[0].tags[2, \"c\"] has more than one of values, pattern and absent; it must have at most one.",
    ])
    error_message = "Faults: ${jsonencode(local.policy_faults)}"
  }

  expect_failures = [output.json]
}

run "refuses_keys_that_clash" {
  command = plan

  module {
    source = "./modules/tag-policy"
  }

  variables {
    own_tags = {}
    tag_policy = {
      required_tags = [
        { key = "Twice" },
        { key = "Twice" },
        { key = "Owner" },
        { key = "owner", ignore_key_case = true, when = { states = ["running"] } },
        { key = "Both" },
        { key = "Mixed" },
      ]
      forbidden_tags = [{ key = "Both" }, { key = "mixed", ignore_key_case = true }, { key = "Both" }]
    }
  }

  assert {
    condition = join("\n", local.policy_faults) == join("\n", [
      "tag_policy.required_tags[0, \"Twice\"].key is required more than once; each of these rules needs a when.",
      "tag_policy.required_tags[1, \"Twice\"].key is required more than once; each of these rules needs a when.",
      "tag_policy.required_tags[2, \"Owner\"].key is required more than once; each of these rules needs a when.",
      "tag_policy.required_tags[3, \"owner\"].key is required more than once; each of these rules needs a when.",
      "tag_policy.required_tags[4, \"Both\"].key is required and forbidden; one of the two rules needs a when.",
      "tag_policy.required_tags[5, \"Mixed\"].key is required and forbidden; one of the two rules needs a when.",
    ])
    error_message = "Faults: ${jsonencode(local.policy_faults)}"
  }

  expect_failures = [output.json]
}

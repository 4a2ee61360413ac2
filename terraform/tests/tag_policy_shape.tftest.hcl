# The shape of a policy, and the messages for any other.

variables {
  own_tags   = {}
  tag_policy = { required_tags = [{ key = "Owner" }] }
}

run "converts_what_can_be_converted" {
  command = plan

  module {
    source = "./modules/tag-policy"
  }

  variables {
    tag_policy = {
      "$schema"     = "../tag-policy.schema.json"
      required_tags = toset([{ key = 5, allowed_values = toset(["b", "a", 1, true]), min_length = "1", ignore_key_case = "true", when = { states = ["running"], min_age_hours = "2" } }])
      scope         = { include = [tomap({ accounts = [123456789012] })], exclude = [{ tags = toset([tomap({ key = "k", absent = "true" })]) }] }
    }
  }

  assert {
    condition = output.json == jsonencode({
      required_tags = [{ key = "5", allowed_values = ["1", "a", "b", "true"], min_length = 1, ignore_key_case = true, when = { states = ["running"], min_age_hours = 2 } }]
      scope         = { include = [{ accounts = ["123456789012"] }], exclude = [{ tags = [{ key = "k", absent = true }] }] }
    })
    error_message = "The document is: ${output.json}"
  }
}

run "refuses_misspelled_fields" {
  command = plan

  module {
    source = "./modules/tag-policy"
  }

  variables {
    tag_policy = {
      required_tags  = [{ key = "Owner", allowed_value = ["x"], when = { state = ["running"], tags = [{ key = "k", value = "v" }] } }]
      forbidden_tags = [{ key = "temp", pattern = "x" }]
      scope          = { exclusions = [] }
      exemptions     = [{ owner = "x", reason = "x", expires = "2030-01-01", until = "x", when = { tags = [{ key = "k" }], regoins = ["us-east-1"] } }]
      ownertag       = "Team"
    }
  }

  assert {
    condition = join("\n", local.policy_faults) == join("\n", [
      "tag_policy has \"ownertag\", which is not one of its fields: $schema, exemptions, forbidden_tags, owner_tag, required_tags, scope.",
      "tag_policy.scope has \"exclusions\", which is not one of its fields: exclude, include.",
      "tag_policy.forbidden_tags[0, \"temp\"] has \"pattern\", which is not one of its fields: description, enforced_from, ignore_key_case, key, key_pattern, severity, when.",
      "tag_policy.required_tags[0, \"Owner\"] has \"allowed_value\", which is not one of its fields: aliases, allowed_values, alternative_keys, date, description, enforced_from, example, forbidden_values, ignore_key_case, ignore_value_case, key, max_length, min_length, number, optional, pattern, severity, when.",
      "tag_policy.exemptions[0] has \"until\", which is not one of its fields: expires, keys, owner, reason, when.",
      "tag_policy.required_tags[0, \"Owner\"].when has \"state\", which is not one of its fields: accounts, any, auto_scaling_groups, availability_zones, image_ids, instance_ids, instance_profiles, instance_types, max_age_hours, max_age_minutes, min_age_hours, min_age_minutes, not, operator, regions, states, subnet_ids, tags, vpc_ids.",
      "tag_policy.exemptions[0].when has \"regoins\", which is not one of its fields: accounts, any, auto_scaling_groups, availability_zones, image_ids, instance_ids, instance_profiles, instance_types, max_age_hours, max_age_minutes, min_age_hours, min_age_minutes, not, operator, regions, states, subnet_ids, tags, vpc_ids.",
      "tag_policy.required_tags[0, \"Owner\"].when.tags[0, \"k\"] has \"value\", which is not one of its fields: absent, ignore_case, key, key_pattern, pattern, values.",
    ])
    error_message = "Faults: ${jsonencode(local.policy_faults)}"
  }

  expect_failures = [output.json]
}

run "refuses_what_cannot_be_converted" {
  command = plan

  module {
    source = "./modules/tag-policy"
  }

  variables {
    tag_policy = {
      required_tags  = [{ key = ["Owner"] }, "Team", { key = "Cost", min_length = "x", ignore_key_case = 5, allowed_values = "a", when = [] }, { key = "Tier", allowed_values = { a = "b" }, when = { tags = { key = "k" } } }]
      forbidden_tags = { key = "temp" }
      scope          = "all"
      exemptions     = "none"
      owner_tag      = {}
    }
  }

  assert {
    condition = alltrue([
      for fault in [
        "tag_policy.forbidden_tags is {\"key\":\"temp\"}; it must be a list of objects.",
        "tag_policy.scope is \"all\"; it must be an object.",
        "tag_policy.exemptions is \"none\"; it must be a list of objects.",
        "tag_policy.owner_tag is {}; it must be a string.",
        "tag_policy.required_tags[0, null].key is [\"Owner\"]; it must be a string.",
        "tag_policy.required_tags[1, null] is \"Team\"; it must be an object.",
        "tag_policy.required_tags[2, \"Cost\"].min_length is \"x\"; it must be a number.",
        "tag_policy.required_tags[2, \"Cost\"].ignore_key_case is 5; it must be true or false.",
        "tag_policy.required_tags[2, \"Cost\"].allowed_values is \"a\"; it must be a list of strings.",
        "tag_policy.required_tags[2, \"Cost\"].when is []; it must be an object.",
        "tag_policy.required_tags[3, \"Tier\"].allowed_values is {\"a\":\"b\"}; it must be a list of strings.",
        "tag_policy.required_tags[3, \"Tier\"].when.tags is {\"key\":\"k\"}; it must be a list of objects.",
      ] : contains(local.shape_faults, fault)
    ])
    error_message = "Faults: ${jsonencode(local.shape_faults)}"
  }

  expect_failures = [output.json]
}

run "refuses_a_policy_that_is_no_object" {
  command = plan

  module {
    source = "./modules/tag-policy"
  }

  variables {
    tag_policy = { required_tags = { key = "Owner" } }
  }

  assert {
    condition     = local.policy_faults == ["tag_policy.required_tags is {\"key\":\"Owner\"}; it must be a list of objects."]
    error_message = "Faults: ${jsonencode(local.policy_faults)}"
  }

  expect_failures = [output.json]
}

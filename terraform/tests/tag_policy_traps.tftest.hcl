# What is valid and probably not meant: the plan warns of it.

mock_provider "aws" {
  source = "./tests/mocks"
}

run "regions_and_accounts_that_do_not_exist" {
  command = plan

  module {
    source = "./modules/tag-policy"
  }

  variables {
    own_tags = { Owner = "x" }
    tag_policy = {
      required_tags = [{ key = "Owner", when = { regions = ["eu-west-1", "eu-wst-1"] } }]
      scope         = { exclude = [{ not = { accounts = ["111111111111", "123456789012"] } }] }
    }
  }

  assert {
    condition = output.warnings == [
      "tag_policy.required_tags[0, \"Owner\"].when.regions[1] is \"eu-wst-1\", no region that this version knows; check its spelling.",
      "tag_policy.scope.exclude[0].not.accounts[1] is \"123456789012\", no real account, but an example; write your own.",
    ]
    error_message = "Warnings: ${jsonencode(output.warnings)}"
  }
}

run "stars_that_are_no_wildcards" {
  command = plan

  module {
    source = "./modules/tag-policy"
  }

  variables {
    own_tags = {}
    tag_policy = {
      required_tags = [
        { key = "Team*", optional = true, alternative_keys = ["Group", "Gr*"], aliases = ["T*m"] },
        { key = "Stage", optional = true, forbidden_values = ["*", "n/a*"] },
        { key = "Tier", optional = true, forbidden_values = ["*"], when = { tags = [{ key = "k8s*" }, { key_pattern = "x.*" }], instance_types = ["t3.*"] } },
      ]
      forbidden_tags = [{ key = "pass*" }, { key_pattern = "temp.*" }]
      owner_tag      = "Own*"
    }
  }

  assert {
    condition = join("\n", output.warnings) == join("\n", [
      "tag_policy.required_tags[0, \"Team*\"].key has a text with *, which is no wildcard here; write the key in full.",
      "tag_policy.required_tags[0, \"Team*\"].alternative_keys has a text with *, which is no wildcard here; write each key in full.",
      "tag_policy.required_tags[0, \"Team*\"].aliases has a text with *, which is no wildcard here; write each key in full.",
      "tag_policy.required_tags[1, \"Stage\"].forbidden_values has a text with *, which is no wildcard here; write each value in full.",
      "tag_policy.forbidden_tags[0, \"pass*\"].key has a text with *, which is no wildcard here; write key_pattern instead.",
      "tag_policy.required_tags[2, \"Tier\"].when.tags[0, \"k8s*\"].key has a text with *, which is no wildcard here; write key_pattern instead.",
      "tag_policy.owner_tag has a text with *, which is no wildcard here; write the key in full.",
    ])
    error_message = "Warnings: ${jsonencode(output.warnings)}"
  }
}

run "values_in_vain" {
  command = plan

  module {
    source = "./modules/tag-policy"
  }

  variables {
    own_tags = { Owner = "web" }
    tag_policy = {
      required_tags = [
        { key = "Owner", allowed_values = ["web", "web"] },
        { key = "Stage", optional = true, allowed_values = ["prod", "Prod", "test"], forbidden_values = ["test"] },
        { key = "Mail", optional = true, allowed_values = ["*@example.com"] },
        { key = "Plan", when = { tags = [{ key = "Stage", values = ["production"] }] } },
        { key = "Tier", when = { tags = [{ key = "Stage", values = ["PROD"], ignore_case = true }] } },
      ]
    }
  }

  assert {
    condition = output.warnings == [
      "tag_policy.required_tags[0, \"Owner\"].allowed_values has a text twice; remove one.",
      "tag_policy.required_tags[1, \"Stage\"].allowed_values has values that differ only in case; keep one, and set ignore_value_case.",
      "tag_policy.required_tags[1, \"Stage\"].allowed_values has \"test\", which forbidden_values has, too; remove it from one of the two.",
      "tag_policy.required_tags[2, \"Mail\"].allowed_values has a text with *, which is no wildcard here; write a pattern instead.",
      "tag_policy.required_tags[3, \"Plan\"].when.tags[0, \"Stage\"].values matches no allowed value of \"Stage\", which are prod, Prod, test; write one of these.",
    ]
    error_message = "Warnings: ${jsonencode(output.warnings)}"
  }
}

run "keys_in_each_others_way" {
  command = plan

  module {
    source = "./modules/tag-policy"
  }

  variables {
    now      = "2026-11-27T00:00:00Z"
    own_tags = { Owner = "x", Env = "x", Cost = "x" }
    tag_policy = {
      required_tags = [
        { key = "Owner", alternative_keys = ["Contact"], when = { tags = [{ key = "env" }] } },
        { key = "owner", when = { states = ["running"] } },
        { key = "Env", aliases = ["Cost", "stage"] },
        { key = "Cost", enforced_from = "2127-04-01" },
        { key = "Plan", when = { any = [{ states = ["running"] }] } },
      ]
      forbidden_tags = [{ key = "Contact" }, { key = "Env", when = { states = ["stopped"] } }]
    }
  }

  assert {
    condition = output.warnings == [
      "tag_policy.required_tags[1, \"owner\"].key differs from another rule's only in case; merge the two, with ignore_key_case.",
      "tag_policy.required_tags[0, \"Owner\"].when.tags[0, \"env\"].key differs from a rule's only in case; write it the same way, or set ignore_case.",
      "tag_policy.required_tags[2, \"Env\"].aliases has \"Cost\", the key of a rule; remove it.",
      "tag_policy.required_tags[0, \"Owner\"].alternative_keys has \"Contact\", which is forbidden; remove it from one of the two.",
      "tag_policy.required_tags[2, \"Env\"] requires what tag_policy.forbidden_tags[1, \"Env\"] forbids, so that no instance can comply with both; give one of the two a when, with not.",
      "tag_policy.required_tags[3, \"Cost\"].enforced_from is 2127-04-01, more than five years off; is the year right?",
      "tag_policy.required_tags[4, \"Plan\"].when.any has one condition; write its parts beside any, or add another.",
    ]
    error_message = "Warnings: ${jsonencode(output.warnings)}"
  }
}

run "rules_that_a_mistyped_value_turns_off" {
  command = plan

  module {
    source = "./modules/tag-policy"
  }

  variables {
    own_tags = { Owner = "x", Stage = "prod", Free = "x" }
    tag_policy = {
      required_tags = [
        { key = "Owner" },
        { key = "Stage", allowed_values = ["dev", "prod"], alternative_keys = ["Phase"], ignore_key_case = true },
        { key = "Free" },
        { key = "A", when = { tags = [{ key = "Free", values = ["x"] }] } },
        { key = "B", when = { any = [{ states = ["running"] }, { tags = [{ key = "Name", pattern = "x.*" }] }] } },
        { key = "C", when = { tags = [{ key = "Stage", values = ["prod"] }, { key = "Phase", values = ["prod"] }, { key = "Name" }, { key = "aws:x", values = ["y"] }] } },
        { key = "D", when = { not = { tags = [{ key = "Name", values = ["x"] }] } } },
        { key = "E", when = { tags = [{ key = "stage", values = ["prod"], ignore_case = true }, { key_pattern = "x.*", values = ["y"] }] } },
      ]
    }
  }

  assert {
    condition = [for warning in output.warnings : split(" turns this rule off unnoticed", warning)[0]] == [
      "tag_policy.required_tags[3, \"A\"].when.tags[0, \"Free\"]: a mistyped \"Free\"",
      "tag_policy.required_tags[4, \"B\"].when.any[1].tags[0, \"Name\"]: a mistyped \"Name\"",
    ]
    error_message = "Warnings: ${jsonencode(output.warnings)}"
  }
}

run "an_exemption_that_accepts_nothing" {
  command = plan

  module {
    source = "./modules/tag-policy"
  }

  variables {
    own_tags = { Owner = "x" }
    tag_policy = {
      forbidden_tags = [{ key = "Temp" }]
      exemptions = [
        { owner = "x", reason = "x", expires = "2030-01-01", when = { states = ["running"] } },
        { owner = "x", reason = "x", expires = "2030-01-01", when = { states = ["running"] }, keys = ["Temp"] },
      ]
    }
  }

  assert {
    condition     = output.warnings == ["tag_policy.exemptions[0] accepts nothing, since forbidden tags are exempt only by name; name them in keys."]
    error_message = "Warnings: ${jsonencode(output.warnings)}"
  }
}

# The checks of single strings, with their messages, which are all that the policy's author has to find a fault.

variables {
  own_tags   = { Owner = "platform-team" }
  tag_policy = { required_tags = [{ key = "Owner" }] }
}

run "refuses_blank_texts" {
  command = plan

  module {
    source = "./modules/tag-policy"
  }

  variables {
    own_tags = {}
    tag_policy = {
      required_tags = [
        { key = " ", when = { states = ["running"] } },
        { key = "Team", description = "\u200b\t\u2800", severity = "", when = { tags = [{ key = "\u00a0", values = [" "] }] } },
        { key = "Cost", allowed_values = ["x", ""], when = { auto_scaling_groups = [" "] } },
      ]
      forbidden_tags = [{ key = "" }]
      exemptions     = [{ owner = " ", reason = "\n", expires = "", when = { states = ["running"] } }]
      owner_tag      = " "
    }
  }

  assert {
    condition = join("\n", local.policy_faults) == join("\n", [
      "tag_policy.required_tags[0, \" \"].key is \" \"; it must be 1 to 128 characters, not all blank.",
      "tag_policy.forbidden_tags[0, \"\"].key is \"\"; it must be 1 to 128 characters, not all blank.",
      "tag_policy.required_tags[1, \"Team\"].when.tags[0, \"\u00a0\"].key is \"\u00a0\"; it must be 1 to 128 characters, not all blank.",
      "tag_policy.required_tags[1, \"Team\"].description is \"\u200b\\t\u2800\"; it must be 1 to 500 characters, not all blank.",
      "tag_policy.required_tags[1, \"Team\"].severity is \"\"; it must be low, medium, high or critical.",
      "tag_policy.exemptions[0].owner is \" \"; it must be 1 to 128 characters, not all blank.",
      "tag_policy.exemptions[0].reason is \"\\n\"; it must be 1 to 500 characters, not all blank.",
      "tag_policy.exemptions[0].expires is \"\"; it must be a day such as 2027-01-31.",
      "tag_policy.owner_tag is \" \"; it must be 1 to 128 characters, not all blank.",
      "tag_policy.required_tags[2, \"Cost\"].allowed_values[1] is \"\"; it must be 1 to 256 characters, not all blank.",
      "tag_policy.required_tags[1, \"Team\"].when.tags[0, \"\u00a0\"].values[0] is \" \"; it must be 1 to 256 characters, not all blank.",
      "tag_policy.required_tags[2, \"Cost\"].when.auto_scaling_groups[0] is \" \"; it must be 1 to 256 characters, not all blank.",
    ])
    error_message = "Faults: ${jsonencode(local.policy_faults)}"
  }

  expect_failures = [output.json]
}

run "refuses_long_texts" {
  command = plan

  module {
    source = "./modules/tag-policy"
  }

  variables {
    own_tags = {}
    tag_policy = {
      required_tags = [
        { key = format("%0129d", 0), when = { tags = [{ key = format("%0129d", 0), values = [format("%0257d", 0)] }] } },
        { key = "Team", description = format("%0501d", 0), when = { auto_scaling_groups = [format("%0257d", 0)] } },
        { key = "Cost", allowed_values = [format("%0257d", 0)], when = { states = ["running"] } },
      ]
      forbidden_tags = [{ key = format("%0129d", 1) }]
      exemptions     = [{ owner = format("%0129d", 0), reason = format("%0501d", 0), expires = "2030-01-01", when = { states = ["running"] } }]
      owner_tag      = format("%0129d", 0)
    }
  }

  assert {
    condition = [for fault in local.policy_faults : replace(fault, "/0{100,}1?/", "0…")] == [
      "tag_policy.required_tags[0, \"0…\"].key is \"0…\"; it must be 1 to 128 characters, not all blank.",
      "tag_policy.forbidden_tags[0, \"0…\"].key is \"0…\"; it must be 1 to 128 characters, not all blank.",
      "tag_policy.required_tags[0, \"0…\"].when.tags[0, \"0…\"].key is \"0…\"; it must be 1 to 128 characters, not all blank.",
      "tag_policy.required_tags[1, \"Team\"].description is \"0…\"; it must be 1 to 500 characters, not all blank.",
      "tag_policy.exemptions[0].owner is \"0…\"; it must be 1 to 128 characters, not all blank.",
      "tag_policy.exemptions[0].reason is \"0…\"; it must be 1 to 500 characters, not all blank.",
      "tag_policy.owner_tag is \"0…\"; it must be 1 to 128 characters, not all blank.",
      "tag_policy.required_tags[2, \"Cost\"].allowed_values[0] is \"0…\"; it must be 1 to 256 characters, not all blank.",
      "tag_policy.required_tags[0, \"0…\"].when.tags[0, \"0…\"].values[0] is \"0…\"; it must be 1 to 256 characters, not all blank.",
      "tag_policy.required_tags[1, \"Team\"].when.auto_scaling_groups[0] is \"0…\"; it must be 1 to 256 characters, not all blank.",
    ]
    error_message = "Faults: ${jsonencode(local.policy_faults)}"
  }

  expect_failures = [output.json]
}

run "refuses_nulls_and_keys_of_aws" {
  command = plan

  module {
    source = "./modules/tag-policy"
  }

  variables {
    own_tags = {}
    tag_policy = {
      required_tags = [
        { key = null, when = { states = [null] } },
        { key = "AWS:createdBy", allowed_values = [null], when = { states = ["running"] } },
      ]
      forbidden_tags = [{ key = "aws:createdBy" }]
      scope          = { include = [null], exclude = [{ tags = [{ key = null }] }] }
      exemptions     = [{ owner = null, reason = null, expires = null, when = null }]
    }
  }

  assert {
    condition = join("\n", local.policy_faults) == join("\n", [
      "tag_policy.required_tags[0, null].key is null; it must be 1 to 128 characters, not all blank.",
      "tag_policy.exemptions[0].owner is null; it must be 1 to 128 characters, not all blank.",
      "tag_policy.exemptions[0].reason is null; it must be 1 to 500 characters, not all blank.",
      "tag_policy.exemptions[0].expires is null; it must be a day such as 2027-01-31.",
      "tag_policy.required_tags[1, \"AWS:createdBy\"].allowed_values[0] is null; it must be 1 to 256 characters, not all blank.",
      "tag_policy.required_tags[0, null].when.states[0] is null; it must be pending, running, stopping or stopped.",
      "tag_policy.scope.exclude[0].tags[0, null] has neither key nor key_pattern; it must have one of them.",
      "tag_policy.required_tags[1, \"AWS:createdBy\"].key is \"AWS:createdBy\"; it must be a key that does not begin with aws:.",
      "tag_policy.forbidden_tags[0, \"aws:createdBy\"].key is \"aws:createdBy\"; it must be a key that does not begin with aws:.",
      "tag_policy.scope.include[0] is empty; a condition must have at least one part.",
      "tag_policy.exemptions[0].when is empty; a condition must have at least one part.",
    ])
    error_message = "Faults: ${jsonencode(local.policy_faults)}"
  }

  expect_failures = [output.json]
}

run "refuses_unknown_choices" {
  command = plan

  module {
    source = "./modules/tag-policy"
  }

  variables {
    tag_policy = {
      required_tags  = [{ key = "Owner", severity = "High" }]
      forbidden_tags = [{ key = "owner", severity = "fatal", when = { states = ["running", "terminated"] } }]
      scope          = { include = [{ accounts = ["12345678901", "1234567890123", "a23456789012"] }] }
      exemptions     = [{ owner = "x", reason = "x", expires = "2030-01-01", when = { instance_ids = ["i-1234567", "i-1234567890ABCDEF0", "vol-12345678", "i-123456789"], regions = ["us-east", "*"] } }]
    }
  }

  assert {
    condition = join("\n", local.policy_faults) == join("\n", [
      "tag_policy.required_tags[0, \"Owner\"].severity is \"High\"; it must be low, medium, high or critical.",
      "tag_policy.forbidden_tags[0, \"owner\"].severity is \"fatal\"; it must be low, medium, high or critical.",
      "tag_policy.forbidden_tags[0, \"owner\"].when.states[1] is \"terminated\"; it must be pending, running, stopping or stopped.",
      "tag_policy.scope.include[0].accounts[0] is \"12345678901\"; it must be an AWS account id of 12 digits.",
      "tag_policy.scope.include[0].accounts[1] is \"1234567890123\"; it must be an AWS account id of 12 digits.",
      "tag_policy.scope.include[0].accounts[2] is \"a23456789012\"; it must be an AWS account id of 12 digits.",
      "tag_policy.exemptions[0].when.instance_ids[0] is \"i-1234567\"; it must be an instance id: i- and 8 or 17 hexadecimal digits.",
      "tag_policy.exemptions[0].when.instance_ids[1] is \"i-1234567890ABCDEF0\"; it must be an instance id: i- and 8 or 17 hexadecimal digits.",
      "tag_policy.exemptions[0].when.instance_ids[2] is \"vol-12345678\"; it must be an instance id: i- and 8 or 17 hexadecimal digits.",
      "tag_policy.exemptions[0].when.instance_ids[3] is \"i-123456789\"; it must be an instance id: i- and 8 or 17 hexadecimal digits.",
      "tag_policy.exemptions[0].when.regions[0] is \"us-east\"; it must be a region such as us-east-1.",
      "tag_policy.exemptions[0].when.regions[1] is \"*\"; it must be a region such as us-east-1.",
    ])
    error_message = "Faults: ${jsonencode(local.policy_faults)}"
  }

  expect_failures = [output.json]
}

run "refuses_patterns" {
  command = plan

  module {
    source = "./modules/tag-policy"
  }

  variables {
    own_tags = {}
    tag_policy = {
      required_tags = [
        { key = "CostCenter", pattern = "[0-9", when = { tags = [{ key = "Team", pattern = "(" }] } },
        { key = "Team", pattern = "(?!x)", when = { states = ["running"] } },
        { key = "Cost", pattern = join("", [for i in range(513) : "."]), when = { states = ["running"] } },
      ]
      forbidden_tags = [{ key = "owner", when = { tags = [{ key = "Team", pattern = "*" }] } }]
      scope          = { include = [{ tags = [{ key = "Team", pattern = "a{1001}" }] }, { tags = [{ key = "Team", pattern = "a\\Eb" }] }], exclude = [{ tags = [{ key = "Team", pattern = "\\" }] }] }
      exemptions     = [{ owner = "x", reason = "x", expires = "2030-01-01", when = { tags = [{ key = "Name" }, { key = "Team", pattern = "\\p{No}\\p{such}" }] } }]
    }
  }

  assert {
    condition = [for fault in local.policy_faults : replace(fault, "/[.]{513}/", "…")] == [
      "tag_policy.required_tags[2, \"Cost\"].pattern is \"…\"; it must be 1 to 512 characters, not all blank.",
      "tag_policy.required_tags[0, \"CostCenter\"].pattern is \"[0-9\"; it must be a regular expression in RE2 syntax.",
      "tag_policy.required_tags[1, \"Team\"].pattern is \"(?!x)\"; it must be a regular expression in RE2 syntax.",
      "tag_policy.required_tags[0, \"CostCenter\"].when.tags[0, \"Team\"].pattern is \"(\"; it must be a regular expression in RE2 syntax.",
      "tag_policy.forbidden_tags[0, \"owner\"].when.tags[0, \"Team\"].pattern is \"*\"; it must be a regular expression in RE2 syntax.",
      "tag_policy.scope.include[0].tags[0, \"Team\"].pattern is \"a{1001}\"; it must be a regular expression in RE2 syntax.",
      "tag_policy.scope.include[1].tags[0, \"Team\"].pattern is \"a\\\\Eb\"; it must be a regular expression in RE2 syntax.",
      "tag_policy.scope.exclude[0].tags[0, \"Team\"].pattern is \"\\\\\"; it must be a regular expression in RE2 syntax.",
      "tag_policy.exemptions[0].when.tags[1, \"Team\"].pattern is \"\\\\p{No}\\\\p{such}\"; it must be a regular expression in RE2 syntax.",
    ]
    error_message = "Faults: ${jsonencode(local.policy_faults)}"
  }

  expect_failures = [output.json]
}

run "refuses_days_that_are_none" {
  command = plan

  module {
    source = "./modules/tag-policy"
  }

  variables {
    tag_policy = {
      required_tags = [{ key = "Owner" }]
      exemptions = [
        for day in ["2027-02-29", "2030-13-01", "2030-04-31", "2030-1-1", "2030-01-01T00:00:00Z", "tomorrow"] :
        { owner = "x", reason = "x", expires = day, when = { states = ["running"] } }
      ]
    }
  }

  assert {
    condition = join("\n", local.policy_faults) == join("\n", [
      "tag_policy.exemptions[0].expires is \"2027-02-29\"; it must be a day such as 2027-01-31.",
      "tag_policy.exemptions[1].expires is \"2030-13-01\"; it must be a day such as 2027-01-31.",
      "tag_policy.exemptions[2].expires is \"2030-04-31\"; it must be a day such as 2027-01-31.",
      "tag_policy.exemptions[3].expires is \"2030-1-1\"; it must be a day such as 2027-01-31.",
      "tag_policy.exemptions[4].expires is \"2030-01-01T00:00:00Z\"; it must be a day such as 2027-01-31.",
      "tag_policy.exemptions[5].expires is \"tomorrow\"; it must be a day such as 2027-01-31.",
    ])
    error_message = "Faults: ${jsonencode(local.policy_faults)}"
  }

  expect_failures = [output.json]
}

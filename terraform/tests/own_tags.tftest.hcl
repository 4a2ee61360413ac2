# Our own resources satisfy the policy.

variables {
  own_tags   = {}
  tag_policy = { required_tags = [{ key = "Owner" }] }
}

run "accepts_tags_that_satisfy_every_rule" {
  command = plan

  module {
    source = "./modules/tag-policy"
  }

  variables {
    own_tags = { owner = "PLATFORM-team", Cost = "ab12", Environment = "dev", Length = "ü😀", Any = "x", Group = "b", Name = "x", Prefix = "ab", Quoted = "a|b", Zero = "\u200bx" }
    tag_policy = {
      required_tags = [
        { key = "Owner", allowed_values = ["platform-TEAM"], ignore_key_case = true, ignore_value_case = true },
        { key = "Cost", pattern = "AB|[a-z]{2}[0-9]{2}" },
        { key = "Environment", allowed_values = ["prod", "dev"], pattern = "D.*", ignore_value_case = true },
        { key = "Length", min_length = 2, max_length = 2 },
        { key = "Any" },
        { key = "Group", pattern = "(?P<named>a)|(b)" },
        { key = "Prefix", pattern = "a|ab" },
        { key = "Quoted", pattern = "x|\\Qa|b" },
        { key = "Zero", pattern = "\\x{200b}x" },
        { key = "Conditional", when = { states = ["running"] } },
        { key = "Name", allowed_values = ["y"], when = { states = ["running"] } },
      ]
      forbidden_tags = [{ key = "cost" }, { key = "any", ignore_key_case = true, when = { states = ["running"] } }]
    }
  }

  assert {
    condition     = length(local.tag_faults) == 0
    error_message = "Faults: ${jsonencode(local.tag_faults)}"
  }
}

run "refuses_tags_that_are_missing" {
  command = plan

  module {
    source = "./modules/tag-policy"
  }

  variables {
    own_tags = { environment = "dev", Owner = "platform-team" }
    tag_policy = {
      required_tags = [{ key = "Environment" }, { key = "Owner" }, { key = "Application", ignore_key_case = true }, { key = "Cost", when = { states = ["running"] } }]
    }
  }

  assert {
    condition = join("\n", local.tag_faults) == join("\n", [
      "Our own resources lack the tag \"Environment\", which tag_policy requires; set it in tags or in the provider's default_tags.",
      "Our own resources lack the tag \"Application\", which tag_policy requires; set it in tags or in the provider's default_tags.",
    ])
    error_message = "Faults: ${jsonencode(local.tag_faults)}"
  }

  expect_failures = [output.json]
}

run "refuses_more_tags_than_aws_allows" {
  command = plan

  module {
    source = "./modules/tag-policy"
  }

  variables {
    own_tags = merge({ Owner = "x" }, { for i in range(50) : "k${i}" => "x" })
  }

  assert {
    condition     = local.tag_faults == ["Our own resources have 51 tags, with the provider's default_tags; AWS allows 50."]
    error_message = "Faults: ${jsonencode(local.tag_faults)}"
  }

  expect_failures = [output.json]
}

run "refuses_values" {
  command = plan

  module {
    source = "./modules/tag-policy"
  }

  variables {
    own_tags = { Blank = "\u3164", Allowed = "Dev", Part = "xab12", Case = "AB", Short = "üü", Long = "üüüü", either = "x", EITHER = "y", Line = "ab\nab" }
    tag_policy = {
      required_tags = [
        { key = "Blank" },
        { key = "Allowed", allowed_values = ["dev", "prod"] },
        { key = "Part", pattern = "x|ab12" },
        { key = "Case", pattern = "[a-z]+" },
        { key = "Short", min_length = 3 },
        { key = "Long", max_length = 3 },
        { key = "Either", ignore_key_case = true, allowed_values = ["x"] },
        { key = "Line", pattern = "ab" },
      ]
    }
  }

  assert {
    condition = join("\n", local.tag_faults) == join("\n", [
      "Our own resources have \"\u3164\" for \"Blank\"; the rule of tag_policy is {\"key\":\"Blank\"}.",
      "Our own resources have \"Dev\" for \"Allowed\"; the rule of tag_policy is {\"allowed_values\":[\"dev\",\"prod\"],\"key\":\"Allowed\"}.",
      "Our own resources have \"xab12\" for \"Part\"; the rule of tag_policy is {\"key\":\"Part\",\"pattern\":\"x|ab12\"}.",
      "Our own resources have \"AB\" for \"Case\"; the rule of tag_policy is {\"key\":\"Case\",\"pattern\":\"[a-z]+\"}.",
      "Our own resources have \"üü\" for \"Short\"; the rule of tag_policy is {\"key\":\"Short\",\"min_length\":3}.",
      "Our own resources have \"üüüü\" for \"Long\"; the rule of tag_policy is {\"key\":\"Long\",\"max_length\":3}.",
      "Our own resources have \"y\" for \"Either\"; the rule of tag_policy is {\"allowed_values\":[\"x\"],\"ignore_key_case\":true,\"key\":\"Either\"}.",
      "Our own resources have \"ab\\nab\" for \"Line\"; the rule of tag_policy is {\"key\":\"Line\",\"pattern\":\"ab\"}.",
    ])
    error_message = "Faults: ${jsonencode(local.tag_faults)}"
  }

  expect_failures = [output.json]
}

run "refuses_forbidden_tags" {
  command = plan

  module {
    source = "./modules/tag-policy"
  }

  variables {
    own_tags = { Owner = "x", OWNER = "x", Temp = "x", Name = "x" }
    tag_policy = {
      required_tags  = [{ key = "Owner" }]
      forbidden_tags = [{ key = "OWNER" }, { key = "temp", ignore_key_case = true }, { key = "name" }, { key = "Name", when = { states = ["running"] } }]
    }
  }

  assert {
    condition = join("\n", local.tag_faults) == join("\n", [
      "Our own resources have the tag \"OWNER\", which tag_policy forbids.",
      "Our own resources have the tag \"temp\", which tag_policy forbids.",
    ])
    error_message = "Faults: ${jsonencode(local.tag_faults)}"
  }

  expect_failures = [output.json]
}

run "refuses_forbidden_values_with_blanks_around_them_and_keys_in_open_quotes" {
  command = plan

  module {
    source = "./modules/tag-policy"
  }

  variables {
    own_tags = { Owner = "none ", Team = "\u200bTBD", Stage = "none at all", "a|b" = "x" }
    tag_policy = {
      required_tags = [
        { key = "Owner", forbidden_values = ["none"] },
        { key = "Team", forbidden_values = ["tbd"], ignore_value_case = true },
        { key = "Stage", forbidden_values = ["none"] },
      ]
      forbidden_tags = [{ key_pattern = "\\Qa|b" }]
    }
  }

  assert {
    condition = [for fault in local.tag_faults : split(";", fault)[0]] == [
      "Our own resources have \"none \" for \"Owner\"",
      "Our own resources have \"\u200bTBD\" for \"Team\"",
      "Our own resources have the tag \"\\\\Qa|b\", which tag_policy forbids.",
    ]
    error_message = "Faults: ${jsonencode(local.tag_faults)}"
  }

  expect_failures = [output.json]
}

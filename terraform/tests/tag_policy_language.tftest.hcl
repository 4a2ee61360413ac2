# Every field of the policy language: what it becomes, and what is rejected.

variables {
  own_tags = { CostCenter = "CC-1042" }
}

run "a_policy_may_use_every_word" {
  command = plan

  module {
    source = "./modules/tag-policy"
  }

  variables {
    tag_policy = {
      required_tags = [
        { key = "CostCenter", alternative_keys = ["cost-center"], aliases = ["Kostenstelle"], pattern = "CC-[0-9]{4}", example = "CC-1042" },
        { key = "ExpiryDate", optional = true, date = { not_past = true, max_days_ahead = 90 } },
        { key = "Nodes", number = { min = 1, max = 2.5 }, when = { any = [{ accounts = ["111111111111"] }, { tags = [{ key_pattern = "kubernetes\\.io/cluster/.*" }] }] } },
        { key = "Project", forbidden_values = ["none"], enforced_from = "2027-04-01", when = { not = { auto_scaling_groups = ["eks-*"] } } },
        { key = "Backup", when = { instance_types = ["t3.*"], availability_zones = ["us-east-1?"], image_ids = ["ami-12345678"], instance_profiles = ["web"], vpc_ids = ["vpc-12345678"], subnet_ids = ["subnet-12345678"], min_age_minutes = 5, max_age_hours = 1 } },
      ]
      forbidden_tags = [{ key_pattern = "(?i).*secret.*", enforced_from = "2027-04-01" }]
      exemptions     = [{ owner = "x", reason = "x", expires = "2099-12-31", keys = ["CostCenter", "(?i).*secret.*"], when = { accounts = ["111111111111"] } }]
    }
  }

  assert {
    condition     = local.policy_faults == []
    error_message = "Faults: ${jsonencode(local.policy_faults)}"
  }

  assert {
    condition = jsonencode(jsondecode(output.json)) == jsonencode({
      required_tags = [
        { key = "CostCenter", alternative_keys = ["cost-center"], aliases = ["Kostenstelle"], pattern = "CC-[0-9]{4}", example = "CC-1042" },
        { key = "ExpiryDate", optional = true, date = { not_past = true, max_days_ahead = 90 } },
        { key = "Nodes", number = { min = 1, max = 2.5 }, when = { any = [{ accounts = ["111111111111"] }, { tags = [{ key_pattern = "kubernetes\\.io/cluster/.*" }] }] } },
        { key = "Project", forbidden_values = ["none"], enforced_from = "2027-04-01", when = { not = { auto_scaling_groups = ["eks-*"] } } },
        { key = "Backup", when = { instance_types = ["t3.*"], availability_zones = ["us-east-1?"], image_ids = ["ami-12345678"], instance_profiles = ["web"], vpc_ids = ["vpc-12345678"], subnet_ids = ["subnet-12345678"], min_age_minutes = 5, max_age_hours = 1 } },
      ]
      forbidden_tags = [{ key_pattern = "(?i).*secret.*", enforced_from = "2027-04-01" }]
      exemptions     = [{ owner = "x", reason = "x", expires = "2099-12-31", keys = ["CostCenter", "(?i).*secret.*"], when = { accounts = ["111111111111"] } }]
    })
    error_message = "The document: ${output.json}"
  }
}

run "refuses_what_the_words_do_not_allow" {
  command = plan

  module {
    source = "./modules/tag-policy"
  }

  variables {
    tag_policy = {
      required_tags = [
        { key = "Day", date = { max_days_ahead = -1 }, enforced_from = "2027-02-30" },
        { key = "Count", number = { min = 2, max = 1 }, alternative_keys = [] },
        { key = "Age", aliases = [" "], when = { min_age_minutes = 60, max_age_hours = 1 } },
      ]
      forbidden_tags = [{ key = "a", key_pattern = "b" }, {}, { key_pattern = "(", ignore_key_case = true }]
      exemptions     = [{ owner = "x", reason = "x", expires = "2099-12-31", keys = ["Other"], when = { any = [{}] } }]
    }
  }

  assert {
    condition = join("\n", local.policy_faults) == join("\n", [
      "tag_policy.required_tags[1, \"Count\"].alternative_keys is an empty list; leave it out, or give it an element.",
      "tag_policy.required_tags[0, \"Day\"].enforced_from is \"2027-02-30\"; it must be a day such as 2027-01-31.",
      "tag_policy.required_tags[2, \"Age\"].aliases[0] is \" \"; it must be 1 to 128 characters, not all blank.",
      "tag_policy.forbidden_tags[0, \"a\"] has key and key_pattern; it must have one of them.",
      "tag_policy.forbidden_tags[1, null] has neither key nor key_pattern; it must have one of them.",
      "tag_policy.forbidden_tags[2, \"(\"] has ignore_key_case beside key_pattern; begin the pattern with (?i).",
      "tag_policy.exemptions[0].keys names \"Other\", which no rule is about.",
      "tag_policy.required_tags[1, \"Count\"].number has min 2 and max 1; the second must not be below the first.",
      "tag_policy.forbidden_tags[2, \"(\"].key_pattern is \"(\"; it must be a regular expression in RE2 syntax.",
      "tag_policy.exemptions[0].when.any[0] is empty; a condition must have at least one part.",
      "tag_policy.required_tags[0, \"Day\"].date.max_days_ahead is -1; it must be a whole number from 0 to 4294967295.",
      "tag_policy.required_tags[2, \"Age\"].when has the ages {\"max_age_hours\":1,\"min_age_minutes\":60}; they must be in hours or in minutes, and the least below the most.",
    ])
    error_message = "Faults: ${jsonencode(local.policy_faults)}"
  }

  expect_failures = [output.json]
}

run "our_own_tags_obey_the_words" {
  command = plan

  module {
    source = "./modules/tag-policy"
  }

  variables {
    now      = "2026-11-27T10:00:00Z"
    own_tags = { "cost-center" = "CC-1042", ExpiryDate = "2026-11-27", Nodes = "2" }
    tag_policy = {
      required_tags = [
        { key = "CostCenter", alternative_keys = ["cost-center"], pattern = "CC-[0-9]{4}" },
        { key = "ExpiryDate", date = { not_past = true, max_days_ahead = 90 } },
        { key = "Nodes", number = { min = 1, max = 2 } },
        { key = "Optional", optional = true },
        { key = "Project", enforced_from = "2027-04-01" },
      ]
    }
  }

  assert {
    condition     = local.tag_faults == []
    error_message = "Faults: ${jsonencode(local.tag_faults)}"
  }
}

run "and_are_refused_where_they_do_not" {
  command = plan

  module {
    source = "./modules/tag-policy"
  }

  variables {
    now      = "2027-04-01T00:00:00Z"
    own_tags = { ExpiryDate = "2027-03-31", Nodes = "3", Stage = "none", db_secret = "x", Optional = " " }
    tag_policy = {
      required_tags = [
        { key = "ExpiryDate", date = { not_past = true } },
        { key = "Nodes", number = { max = 2 } },
        { key = "Stage", forbidden_values = ["none"] },
        { key = "Optional", optional = true },
        { key = "Project", enforced_from = "2027-04-01" },
      ]
      forbidden_tags = [{ key_pattern = ".*secret" }]
    }
  }

  assert {
    condition = join("\n", local.tag_faults) == join("\n", [
      "Our own resources lack the tag \"Project\", which tag_policy requires; set it in tags or in the provider's default_tags.",
      "Our own resources have \"2027-03-31\" for \"ExpiryDate\"; the rule of tag_policy is {\"date\":{\"max_days_ahead\":null,\"not_past\":true},\"key\":\"ExpiryDate\"}.",
      "Our own resources have \"3\" for \"Nodes\"; the rule of tag_policy is {\"key\":\"Nodes\",\"number\":{\"max\":2,\"min\":null}}.",
      "Our own resources have \"none\" for \"Stage\"; the rule of tag_policy is {\"forbidden_values\":[\"none\"],\"key\":\"Stage\"}.",
      "Our own resources have \" \" for \"Optional\"; the rule of tag_policy is {\"key\":\"Optional\",\"optional\":true}.",
      "Our own resources have the tag \".*secret\", which tag_policy forbids.",
    ])
    error_message = "Faults: ${jsonencode(local.tag_faults)}"
  }

  expect_failures = [output.json]
}

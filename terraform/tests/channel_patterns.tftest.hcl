# Which events each channel gets.

variables {
  account_id    = "123456789012"
  channels      = {}
  owner_keys    = {}
  region        = "cn-north-1"
  secret_faults = {}
  secret_names  = ["a", "b", "c", "d", "e", "f"]
  suffix        = "qa42"
}

run "all_of_this_environment_without_filters" {
  command = plan

  module {
    source = "./modules/channel-settings"
  }

  variables {
    channels = {
      a = { type = "webhook", url = "https://example.com" }
      b = { type = "teams", url = "https://example.com" }
    }
    secret_names = ["a", "b"]
  }

  assert {
    condition = output.event_patterns == {
      a = "{\"detail\":{\"environment\":[\"qa42\"]},\"detail-type\":[\"Tag Compliance Violation Changed\",\"Tag Compliance Violation Opened\",\"Tag Compliance Violation Resolved\"],\"source\":[\"tag-compliance\"]}"
      b = "{\"detail\":{\"environment\":[\"qa42\"]},\"detail-type\":[\"Tag Compliance Notification\"],\"source\":[\"tag-compliance\"]}"
    }
    error_message = "The patterns are: ${jsonencode(output.event_patterns)}"
  }
}

run "every_filter_and_tests_beside_them" {
  command = plan

  module {
    source = "./modules/channel-settings"
  }

  variables {
    channels     = { a = { type = "slack", channel_id = "C0123456789", severities = ["low", "high"], accounts = ["210987654321", "123456789012"], changes = ["still-open", "escalated"], owners = ["web"] } }
    owner_keys   = { a = ["web*", "*"] }
    secret_names = ["a"]
  }

  assert {
    condition = jsonencode(jsondecode(output.event_patterns.a).detail) == jsonencode({
      environment = ["qa42"]
      "$or" = [
        { changes = ["test"] },
        {
          accountId    = ["123456789012", "210987654321"]
          changes      = ["escalated", "still-open"]
          ownerPattern = ["*", "web*"]
          owners       = ["web"]
          severity     = ["high", "low"]
        },
      ]
    })
    error_message = "The pattern is: ${output.event_patterns.a}"
  }
}

run "owners" {
  command = plan

  module {
    source = "./modules/channel-settings"
  }

  variables {
    channels     = { a = { type = "webhook", url = "https://example.com", owners = ["web-team", "data-*", "*-team", "a*b", "*c*", "a\\*b"] } }
    secret_names = ["a"]
  }

  assert {
    condition = jsonencode(jsondecode(output.event_patterns.a).detail["$or"][1].owners) == jsonencode([
      { suffix = "-team" },
      { wildcard = "*c*" },
      { wildcard = "a*b" },
      { wildcard = "a\\\\*b" },
      { prefix = "data-" },
      "web-team",
    ])
    error_message = "The pattern is: ${output.event_patterns.a}"
  }
}

# An incident that was opened before its owner or severity changed would stay open.
run "what_closes_incidents_hears_of_every_resolution" {
  command = plan

  module {
    source = "./modules/channel-settings"
  }

  variables {
    channels = {
      a = { type = "pagerduty", severities = ["critical"], accounts = ["123456789012"] }
      b = { type = "jsm", owners = ["web"] }
      c = { type = "jsm", accounts = ["123456789012"] }
      d = { type = "webhook", url = "https://example.com", severities = ["critical"] }
      e = { type = "pagerduty" }
      f = { type = "pagerduty" }
    }
    owner_keys = { f = ["web"] }
  }

  assert {
    condition = jsonencode({ for name, pattern in output.event_patterns : name => lookup(jsondecode(pattern).detail, "$or", []) }) == jsonencode({
      a = [{ changes = ["test"] }, { accountId = ["123456789012"], severity = ["critical"] }, { accountId = ["123456789012"], changes = ["resolved"] }]
      b = [{ changes = ["test"] }, { owners = ["web"] }, { changes = ["resolved"] }]
      c = [{ changes = ["test"] }, { accountId = ["123456789012"] }]
      d = [{ changes = ["test"] }, { severity = ["critical"] }]
      e = []
      f = [{ changes = ["test"] }, { ownerPattern = ["web"] }, { changes = ["resolved"] }]
    })
    error_message = "The patterns are: ${jsonencode(output.event_patterns)}"
  }
}

# What is wrong with channels, in the words that the plan says.

mock_provider "aws" {
  source = "./tests/mocks"
}

variables {
  account_id    = "123456789012"
  channels      = {}
  owner_keys    = {}
  region        = "cn-north-1"
  secret_faults = {}
  secret_names  = []
  suffix        = "qa42"
}

run "accepts" {
  command = plan

  module {
    source = "./modules/channel-settings"
  }

  variables {
    channels = {
      a                   = { type = "webhook", url = "https://a.example.com:8443/p%20q/;x?y=1&signal=2", changes = ["resolved"], severities = ["critical", "high", "medium", "low"] }
      b_2                 = { type = "jsm", url = "https://api.eu.atlassian.com/jsm/ops/integration/v2/alerts" }
      a234567890123456789 = { type = "slack", channel_id = "G01", owners = ["Ünal & Söhne", "x*"] }
      c                   = { type = "teams", url = "https://example.com", connection_arn = "arn:aws-cn:events:cn-north-1:123456789012:connection/a.B-_1/12345678-0000-4000-8000-000000000000" }
      d                   = { type = "chat", channel_id = "19%3aabc_def%40thread.tacv2", team_id = "12345678-0000-4000-8000-000000000001", tenant_id = "12345678-0000-4000-8000-000000000002" }
    }
    secret_names = ["a", "b_2", "a234567890123456789"]
  }

  assert {
    condition     = local.faults == []
    error_message = "Faults: ${join("\n", local.faults)}"
  }
}

run "refuses_names_and_types" {
  command = plan

  module {
    source = "./modules/channel-settings"
  }

  variables {
    channels = {
      Ops                  = { type = "pagerduty" }
      ops-2                = { type = "pagerduty" }
      a2345678901234567890 = { type = "pagerduty" }
      mail                 = { type = "email" }
    }
    secret_names  = ["Ops", "ops-2", "a2345678901234567890", "gone"]
    secret_faults = { Ops = "another" }
    owner_keys    = { nobody = ["web"] }
  }

  assert {
    condition = join("\n", local.faults) == join("\n", [
      "channels has the name \"Ops\"; it must be 1 to 19 lowercase letters, digits and underscores, and begin with a letter (names of rules and roles have at most 64 characters).",
      "channels has the name \"a2345678901234567890\"; it must be 1 to 19 lowercase letters, digits and underscores, and begin with a letter (names of rules and roles have at most 64 characters).",
      "channels has the name \"ops-2\"; it must be 1 to 19 lowercase letters, digits and underscores, and begin with a letter (names of rules and roles have at most 64 characters).",
      "channels[\"mail\"].type is \"email\"; it must be webhook, teams, chat, slack, pagerduty or jsm.",
      "channel_secrets has a secret for \"gone\", which is not in channels.",
      "channel_secrets[\"Ops\"] must be another.",
      "owners names the channel \"nobody\", which is not in channels.",
    ])
    error_message = "Faults: ${join("\n", local.faults)}"
  }

  expect_failures = [output.channels]
}

run "refuses_fields_of_other_types" {
  command = plan

  module {
    source = "./modules/channel-settings"
  }

  variables {
    channels = {
      a = { type = "webhook" }
      b = { type = "pagerduty", channel_id = "C0123456789", changes = ["opened"] }
      c = { type = "chat", channel_id = "C0123456789", connection_arn = "arn:aws-cn:events:cn-north-1:123456789012:connection/a/12345678", workspace_id = "T0123456789" }
      d = { type = "slack", url = "https://hooks.slack.com/services/T0/B0/secret", workspace_id = "T0123456789" }
      e = { type = "teams", url = "https://example.com", team_id = "12345678-0000-4000-8000-000000000001" }
    }
    secret_names = ["a", "b", "c", "d", "e"]
  }

  assert {
    condition = join("\n", local.faults) == join("\n", [
      "channels[\"a\"].url is null; a webhook channel needs it.",
      "channels[\"d\"].channel_id is null; a slack channel needs it.",
      "channels[\"b\"].changes is set; a pagerduty channel has no changes: remove it.",
      "channels[\"b\"].channel_id is set; a pagerduty channel has no channel_id: remove it.",
      "channels[\"c\"].connection_arn is set; a chat channel has no connection_arn: remove it.",
      "channels[\"d\"].url is set; a slack channel has no url: remove it.",
      "channels[\"d\"].workspace_id is set; a slack channel has no workspace_id: remove it.",
      "channels[\"e\"].team_id is set; a teams channel has no team_id: remove it.",
      "channel_secrets has a secret for \"c\"; a chat channel has none: remove it.",
    ])
    error_message = "Faults: ${join("\n", local.faults)}"
  }

  expect_failures = [output.channels]
}

run "refuses_ids" {
  command = plan

  module {
    source = "./modules/channel-settings"
  }

  variables {
    channels = {
      a = { type = "slack", channel_id = "#ops" }
      b = { type = "chat", channel_id = "C0123456789" }
      c = { type = "chat", channel_id = "C0123456789", workspace_id = "T0123456789", tenant_id = "12345678-0000-4000-8000-000000000002" }
      d = { type = "chat", channel_id = "19:abc@thread.tacv2", team_id = "ops", tenant_id = "12345678-0000-4000-8000-000000000002" }
      e = { type = "chat", channel_id = "19%3aabc%40thread.tacv2", team_id = "12345678-0000-4000-8000-000000000001" }
      f = { type = "chat", channel_id = "general", workspace_id = "acme" }
    }
    secret_names = ["a"]
  }

  assert {
    condition = join("\n", local.faults) == join("\n", [
      "channels[\"c\"] has workspace_id and tenant_id; a chat channel must have either workspace_id, for Slack, or team_id and tenant_id, for Teams.",
      "channels[\"e\"] has team_id; a chat channel must have either workspace_id, for Slack, or team_id and tenant_id, for Teams.",
      "channels[\"b\"] has no workspace_id and no team_id; a chat channel must have either workspace_id, for Slack, or team_id and tenant_id, for Teams.",
      "channels[\"a\"].channel_id is \"#ops\"; it must be the ID of a Slack channel, such as C0123456789.",
      "channels[\"d\"].channel_id is \"19:abc@thread.tacv2\"; it must be the ID of a Teams channel as its link has it, such as 19%3ab6ef35dc%40thread.tacv2.",
      "channels[\"d\"].team_id is \"ops\"; it must be the ID of a team, a UUID.",
      "channels[\"f\"].channel_id is \"general\"; it must be the ID of a Slack channel, such as C0123456789.",
      "channels[\"f\"].workspace_id is \"acme\"; it must be the ID of a Slack workspace, such as T0123456789.",
    ])
    error_message = "Faults: ${join("\n", local.faults)}"
  }

  expect_failures = [output.channels]
}

# An apply would fail, and leave the second configuration in AWS.
run "refuses_two_chats_in_one_place" {
  command = plan

  module {
    source = "./modules/channel-settings"
  }

  variables {
    channels = {
      a = { type = "chat", channel_id = "19%3aabc%40thread.tacv2", team_id = "12345678-0000-4000-8000-00000000000a", tenant_id = "12345678-0000-4000-8000-000000000002" }
      b = { type = "chat", channel_id = "19%3adef%40thread.tacv2", team_id = "12345678-0000-4000-8000-00000000000A", tenant_id = "12345678-0000-4000-8000-000000000002" }
      c = { type = "chat", channel_id = "19%3aabc%40thread.tacv2", team_id = "12345678-0000-4000-8000-00000000000b", tenant_id = "12345678-0000-4000-8000-000000000002" }
      d = { type = "chat", channel_id = "C0123456789", workspace_id = "T0123456789" }
      e = { type = "chat", channel_id = "C0123456789", workspace_id = "T0123456789" }
      f = { type = "chat", channel_id = "C0123456789", workspace_id = "T0123456789" }
      g = { type = "chat", channel_id = "C0123456788", workspace_id = "T0123456789" }
      h = { type = "chat", channel_id = "C0123456789", workspace_id = "T0123456788" }
      i = { type = "slack", channel_id = "C0123456789" }
      j = { type = "slack", channel_id = "C0123456789" }
    }
    secret_names = ["i", "j"]
  }

  assert {
    condition = join("\n", local.faults) == join("\n", [
      "channels has the chat channels \"d\", \"e\", \"f\" in the Slack channel \"C0123456789\" of the workspace \"T0123456789\"; there can be one. Give the others the type slack.",
      "channels has the chat channels \"a\", \"b\" in the team \"12345678-0000-4000-8000-00000000000a\"; there can be one. Give the others the type teams.",
    ])
    error_message = "Faults: ${join("\n", local.faults)}"
  }

  expect_failures = [output.channels]
}

run "refuses_connections" {
  command = plan

  module {
    source = "./modules/channel-settings"
  }

  variables {
    channels = {
      a = { type = "jsm" }
      b = { type = "jsm", connection_arn = "arn:aws-cn:events:cn-north-1:123456789012:connection/a/12345678-0000-4000-8000-000000000000" }
      c = { type = "jsm", connection_arn = "arn:aws-cn:events:cn-north-1:123456789012:api-destination/a/12345678-0000-4000-8000-000000000000" }
      d = { type = "jsm", connection_arn = "arn:aws-cn:events:cn-northwest-1:123456789012:connection/a/12345678-0000-4000-8000-000000000000" }
      e = { type = "jsm", connection_arn = "arn:aws-cn:events:cn-north-1:210987654321:connection/a/12345678-0000-4000-8000-000000000000" }
      f = { type = "jsm", connection_arn = "arn:aws-cn:events:cn-north-1:123456789012:connection/a" }
    }
    secret_names = ["b"]
  }

  assert {
    condition = join("\n", local.faults) == join("\n", concat(
      [
        "channels[\"a\"].connection_arn is null, and channel_secrets has no secret for it; a jsm channel must have one of them.",
        "channels[\"b\"].connection_arn is set, and channel_secrets has a secret for it too; a jsm channel must have one of them.",
      ],
      [
        for name in ["c", "d", "e", "f"] :
        "channels[\"${name}\"].connection_arn is \"${var.channels[name].connection_arn}\"; it must be the ARN of an EventBridge connection in cn-north-1 and the account 123456789012, such as arn:aws:events:cn-north-1:123456789012:connection/NAME/ID."
      ],
    ))
    error_message = "Faults: ${join("\n", local.faults)}"
  }

  expect_failures = [output.channels]
}

run "refuses_urls_and_shows_no_secret" {
  command = plan

  module {
    source = "./modules/channel-settings"
  }

  variables {
    channels = {
      a = { type = "teams", url = "https://example.com/invoke?sv=1.0&sig=SECRET" }
      b = { type = "teams", url = "http://example.com/invoke?SIG=SECRET" }
      c = { type = "webhook", url = "https://user:SECRET@example.com/" }
      d = { type = "webhook", url = "http://example.com/" }
      e = { type = "webhook", url = "https://example.com/#part" }
      f = { type = "webhook", url = "https:///path" }
      g = { type = "webhook", url = "https://example.com/*/x" }
      h = { type = "webhook", url = "https://example.com/a b" }
      i = { type = "webhook", url = "" }
      j = { type = "webhook", url = "https://example.com/%2" }
      k = { type = "jsm", url = "https://example.com/alerts/" }
      l = { type = "pagerduty", url = "https://example.com/v2/enqueue?x=y" }
    }
    secret_names = ["a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k", "l"]
  }

  assert {
    condition = join("\n", local.faults) == join("\n", concat(
      [
        for name in ["a", "b"] :
        "channels[\"${name}\"].url has a parameter sig, which is the secret of a Teams workflow; remove it from url, and put its value into the connection."
      ],
      ["channels[\"c\"].url has a user name or a password; remove them, and put them into the connection."],
      [
        for name in ["d", "e", "f", "g", "h", "i", "j"] :
        "channels[\"${name}\"].url is ${jsonencode(var.channels[name].url)}; it must begin with https://, have a host, no fragment and no *, and at most 2048 characters."
      ],
      [
        for name in ["k", "l"] :
        "channels[\"${name}\"].url is ${jsonencode(var.channels[name].url)}; for a ${var.channels[name].type} channel it must have no query, and no slash at its end."
      ],
    ))
    error_message = "Faults: ${join("\n", local.faults)}"
  }

  expect_failures = [output.channels]
}

run "refuses_filters" {
  command = plan

  module {
    source = "./modules/channel-settings"
  }

  variables {
    channels = {
      a = { type = "webhook", url = "https://example.com", accounts = ["12345"], changes = ["digest"], owners = ["*", "a**b", ""], severities = ["High"] }
      b = { type = "slack", channel_id = "C0123456789", accounts = [], changes = ["closed"] }
    }
    secret_names = ["a", "b"]
  }

  assert {
    condition = join("\n", local.faults) == join("\n", [
      "channels[\"b\"].accounts is empty; leave it out to filter nothing.",
      "channels[\"a\"].accounts has \"12345\"; each must be an account ID of 12 digits.",
      "channels[\"a\"].changes has \"digest\"; each must be one of opened, changed, resolved.",
      "channels[\"a\"].owners has \"\"; each must be the value of an owner tag, or a pattern with *, but neither * alone nor **.",
      "channels[\"a\"].owners has \"*\"; each must be the value of an owner tag, or a pattern with *, but neither * alone nor **.",
      "channels[\"a\"].owners has \"a**b\"; each must be the value of an owner tag, or a pattern with *, but neither * alone nor **.",
      "channels[\"a\"].severities has \"High\"; each must be one of critical, high, medium, low.",
      "channels[\"b\"].changes has \"closed\"; each must be one of opened, changed, still-open, escalated, resolved, digest.",
    ])
    error_message = "Faults: ${join("\n", local.faults)}"
  }

  expect_failures = [output.channels]
}

run "refuses_what_eventbridge_does_not_take" {
  command = plan

  module {
    source = "./modules/channel-settings"
  }

  variables {
    channels = merge(
      { a = { type = "jsm", owners = [for i in range(100) : format("team-%016d", i)] } },
      { for i in range(31) : "w${i}" => { type = "jsm", owners = ["a*b"] } },
    )
    secret_names = concat(["a"], [for i in range(31) : "w${i}"])
  }

  assert {
    condition = join("\n", local.faults) == join("\n", [
      "channels[\"a\"] makes an event pattern of 2651 characters; EventBridge takes 2048. Name fewer owners or accounts, or make two channels of it.",
      "channels has 31 channels with a * within a name of owners; EventBridge takes 30 such rules. Use names that only begin or end with *.",
    ])
    error_message = "Faults: ${join("\n", local.faults)}"
  }

  expect_failures = [output.channels]
}

run "refuses_channels_without_events" {
  command = plan

  variables {
    channels = {
      a = { type = "pagerduty", connection_arn = "arn:aws-cn:events:cn-north-1:123456789012:connection/a/12345678-0000-4000-8000-000000000001" }
    }
    lambda_zip_path          = "tests/fixtures/bootstrap.zip"
    violation_events_enabled = false
  }

  expect_failures = [var.violation_events_enabled]
}

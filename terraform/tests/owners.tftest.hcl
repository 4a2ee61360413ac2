mock_provider "aws" {
  source = "./tests/mocks"
}

# Those of the whole, and those of the module alerts.
variables {
  lambda_zip_path = "tests/fixtures/bootstrap.zip"
  suffix          = "qa42"

  alarm_arns        = []
  alert_emails      = []
  escalation_emails = []
  owners            = {}
  tags              = { Environment = "dev", Owner = "platform-team", Application = "ec2-tag-compliance" }
  topic_name        = "topic"
}

run "the_function_knows_the_keys_only" {
  variables {
    escalate_after_days = 365
    escalation_emails   = ["manager@example.com"]
    channels            = { siem = { type = "webhook", url = "https://siem.example.com", connection_arn = "arn:aws-cn:events:cn-north-1:123456789012:connection/siem/12345678-0000-4000-8000-000000000000" } }
    owners = {
      "web-team" = { emails = ["web@example.com"], channels = ["siem"] }
      "*"        = { emails = ["everyone-else@example.com"] }
      "data-*"   = {}
    }
  }

  assert {
    condition     = module.checker.function.environment[0].variables["OWNERS"] == "[\"*\",\"data-*\",\"web-team\"]"
    error_message = "OWNERS is: ${module.checker.function.environment[0].variables["OWNERS"]}"
  }

  assert {
    condition     = module.checker.function.environment[0].variables["ESCALATE_AFTER_DAYS"] == "365"
    error_message = "ESCALATE_AFTER_DAYS is: ${module.checker.function.environment[0].variables["ESCALATE_AFTER_DAYS"]}"
  }
}

run "many_keys_are_compressed" {
  command = plan

  variables {
    owners = { for i in range(50) : "team-${i}-*" => {} }
  }

  assert {
    condition     = module.checker.function.environment[0].variables["OWNERS"] == base64gzip(jsonencode(keys(var.owners)))
    error_message = "OWNERS is: ${module.checker.function.environment[0].variables["OWNERS"]}"
  }
}

run "the_longest_keys_of_all_characters" {
  command = plan

  variables {
    owners = {
      (join("", [for i in range(256) : "ü"]))         = {}
      (join("", [for i in range(128) : "e\u0301"]))   = {}
      "Käthe's team (a/b) @ 日本 <x> & ${"$"}{y} ? [z]" = {}
      "a*b*"                                          = {}
      "🦀"                                             = {}
    }
  }

  assert {
    condition     = length(var.owners) == 5
    error_message = "A key is refused."
  }
}

run "no_events" {
  variables {
    violation_events_enabled = false
  }

  assert {
    condition     = module.checker.function.environment[0].variables["VIOLATION_EVENTS"] == "false"
    error_message = "VIOLATION_EVENTS is: ${module.checker.function.environment[0].variables["VIOLATION_EVENTS"]}"
  }

  assert {
    condition     = !strcontains(module.checker.role_policy.policy, "events:") && output.event_bus_arn == null
    error_message = "The function may publish events: ${module.checker.role_policy.policy}"
  }
}

run "only_a_key_that_sns_can_compare" {
  command = plan

  variables {
    owners = { "a\"b" = {} }
  }

  expect_failures = [var.owners]
}

run "no_backslash" {
  command = plan

  variables {
    owners = { "a\\b" = {} }
  }

  expect_failures = [var.owners]
}

run "no_control_character" {
  command = plan

  variables {
    owners = { "a\tb" = {} }
  }

  expect_failures = [var.owners]
}

run "no_empty_key" {
  command = plan

  variables {
    owners = { "" = {} }
  }

  expect_failures = [var.owners]
}

run "no_blank_at_the_start" {
  command = plan

  variables {
    owners = { " web" = {} }
  }

  expect_failures = [var.owners]
}

run "no_invisible_character_at_the_end" {
  command = plan

  variables {
    owners = { "web\u200b" = {} }
  }

  expect_failures = [var.owners]
}

run "no_two_stars_in_a_row" {
  command = plan

  variables {
    owners = { "a**" = {} }
  }

  expect_failures = [var.owners]
}

run "no_key_that_no_tag_can_have" {
  command = plan

  variables {
    owners = { (join("", [for i in range(257) : "a"])) = {} }
  }

  expect_failures = [var.owners]
}

run "no_more_keys_than_the_function_reads" {
  command = plan

  variables {
    owners = { for i in range(201) : i => {} }
  }

  expect_failures = [var.owners]
}

run "only_addresses" {
  command = plan

  variables {
    escalate_after_days = 1
    escalation_emails   = ["manager"]
    owners              = { web = { emails = ["team@example"] } }
  }

  expect_failures = [var.escalation_emails, var.owners]
}

run "an_escalation_needs_a_time" {
  command = plan

  variables {
    escalation_emails = ["manager@example.com"]
  }

  expect_failures = [var.escalation_emails]
}

run "a_time_needs_no_address" {
  command = plan

  variables {
    escalate_after_days = 1
  }

  assert {
    condition     = length(module.alerts.email_subscriptions) == 0
    error_message = "Somebody is subscribed."
  }
}

run "not_the_day_itself" {
  command = plan

  variables {
    escalate_after_days = 0
  }

  expect_failures = [var.escalate_after_days]
}

run "whole_days" {
  command = plan

  variables {
    escalate_after_days = 1.5
  }

  expect_failures = [var.escalate_after_days]
}

run "at_most_a_year" {
  command = plan

  variables {
    escalate_after_days = 366
  }

  expect_failures = [var.escalate_after_days]
}

run "an_address_gets_everything_or_a_part" {
  command = plan

  module {
    source = "./modules/alerts"
  }

  variables {
    alert_emails = ["web@example.com"]
    owners       = { web = { emails = ["web@example.com"] } }
  }

  expect_failures = [aws_sns_topic.alerts]
}

run "so_does_that_of_an_escalation" {
  command = plan

  module {
    source = "./modules/alerts"
  }

  variables {
    alert_emails      = ["manager@example.com"]
    escalation_emails = ["Manager@example.com"]
  }

  expect_failures = [aws_sns_topic.alerts]
}

run "an_address_is_written_in_one_way" {
  command = plan

  module {
    source = "./modules/alerts"
  }

  variables {
    owners = { web = { emails = ["web@example.com"] }, data = { emails = ["WEB@example.com"] } }
  }

  expect_failures = [aws_sns_topic.alerts]
}

run "as_many_filters_as_sns_allows" {
  command = plan

  module {
    source = "./modules/alerts"
  }

  variables {
    escalation_emails = ["1@example.com", "200@example.com"]
    owners            = { web = { emails = [for i in range(1, 200) : "${i}@example.com"] } }
  }

  assert {
    condition     = length(aws_sns_topic_subscription.email) == 200
    error_message = "${length(aws_sns_topic_subscription.email)} are subscribed."
  }
}

run "no_more_filters" {
  command = plan

  module {
    source = "./modules/alerts"
  }

  variables {
    escalation_emails = ["200@example.com", "201@example.com"]
    owners            = { web = { emails = [for i in range(1, 200) : "${i}@example.com"] } }
  }

  expect_failures = [aws_sns_topic.alerts]
}

run "as_many_keys_of_an_address_as_a_filter_has_values" {
  command = plan

  module {
    source = "./modules/alerts"
  }

  variables {
    escalation_emails = ["both@example.com"]
    owners            = merge({ for i in range(149) : i => { emails = ["web@example.com", "both@example.com"] } }, { more = { emails = ["web@example.com"] } })
  }

  assert {
    condition     = length(jsondecode(aws_sns_topic_subscription.email["web@example.com"].filter_policy).owner_pattern) == 150
    error_message = "The filter is: ${aws_sns_topic_subscription.email["web@example.com"].filter_policy}"
  }
}

run "no_more_keys_of_an_address" {
  command = plan

  module {
    source = "./modules/alerts"
  }

  variables {
    escalation_emails = ["both@example.com"]
    owners            = { for i in range(150) : i => { emails = ["both@example.com"] } }
  }

  expect_failures = [aws_sns_topic.alerts]
}

mock_provider "aws" {
  source = "./tests/mocks"
}

variables {
  lambda_zip_path = "tests/fixtures/bootstrap.zip"
  suffix          = "qa42"
}

run "accepts_the_smallest" {
  command = plan

  variables {
    alert_group_interval_seconds  = 0
    alert_group_wait_seconds      = 0
    alert_repeat_interval_hours   = 0
    high_non_compliance_threshold = 0
    log_bucket_name               = "a.b"
    metric_namespace              = "x"
    permissions_boundary_arn      = "arn:aws:iam::aws:policy/p"
    reminder_days                 = [1]
    settle_seconds                = 0
    suffix                        = "0"
    sweep_schedule                = null
    tag_policy                    = { required_tags = [{ key = "k", allowed_values = ["v"] }] }
    tags                          = { k = "v" }
    watched_states                = ["stopping"]
  }

  assert {
    condition     = module.audit_log.bucket.bucket == "a.b"
    error_message = "The smallest values are not used."
  }
}

run "accepts_the_largest" {
  command = plan

  variables {
    alert_group_interval_seconds = 900
    alert_group_wait_seconds     = 300
    alert_repeat_interval_hours  = 8760
    log_bucket_name              = format("%063d", 0)
    log_level                    = "TRACE"
    metric_namespace             = format("/AWS/ aZ09.-_#:%0240d", 0)
    reminder_days                = [365]
    settle_seconds               = 900
    suffix                       = format("%036d", 0)
    sweep_digest                 = "always"
    sweep_schedule               = "cron(0/5 8-17 ? JAN,FEB MON#1 2026-2030)"
    system_log_level             = "DEBUG"
    tag_policy = {
      required_tags = concat([{ key = format("%0128d", 0), allowed_values = [format("%0256d", 0)] }], [for i in range(49) : { key = "k${i}" }])
    }
    tags           = merge({ for i in range(49) : "k${i}" => "ä _.:/=+@-" }, { format("%0128d", 0) = format("%0256d", 0) })
    watched_states = ["pending", "running", "stopping", "stopped"]
  }

  # In two months of the year, and only until 2030.
  expect_failures = [check.sweeps]

  assert {
    condition     = module.checker.function.environment[0].variables["WATCHED_STATES"] == "pending,running,stopped,stopping"
    error_message = "The largest values are not used."
  }
}

run "accepts_reserved_suffix_with_own_bucket" {
  command = plan

  variables {
    log_bucket_name = "own-bucket"
    suffix          = "s3alias"
  }

  assert {
    condition     = output.environment_suffix == "s3alias"
    error_message = "The suffix is not used."
  }
}

run "accepts_a_policy_of_forbidden_tags_alone" {
  command = plan

  variables {
    tag_policy = { required_tags = [], forbidden_tags = [{ key = "Password" }] }
  }

  assert {
    condition     = output.tag_policy == "{\"forbidden_tags\":[{\"key\":\"Password\"}],\"required_tags\":[]}"
    error_message = "The policy: ${output.tag_policy}"
  }
}

run "accepts_near_misses" {
  command = plan

  variables {
    log_bucket_name  = "1.2.3.4.5-s3"
    log_level        = "ERROR"
    metric_namespace = "AWS"
    settle_seconds   = 1
    suffix           = "a--b-0"
    sweep_schedule   = "rate(12 hours)"
    tag_policy       = { required_tags = [{ key = "owner" }, { key = "Owner" }, { key = "awsome" }] }
    tags             = { owner = "x", Owner = "x", awsome = "x", blank = "" }
  }

  assert {
    condition     = output.metric_namespace == "AWS"
    error_message = "The values are not used."
  }

  # Keys that differ only in case are warned of.
  expect_failures = [check.tag_policy]
}

run "refuses_empty_values" {
  command = plan

  variables {
    alert_emails                  = [""]
    alert_group_interval_seconds  = -1
    alert_group_wait_seconds      = -1
    alert_repeat_interval_hours   = -1
    high_non_compliance_threshold = -1
    architecture                  = ""
    lambda_zip_path               = ""
    log_bucket_name               = ""
    log_level                     = ""
    metric_namespace              = ""
    permissions_boundary_arn      = ""
    reminder_days                 = [0]
    settle_seconds                = -1
    sweep_digest                  = ""
    sweep_schedule                = ""
    system_log_level              = ""
    tag_policy                    = { required_tags = [] }
    watched_states                = []
  }

  expect_failures = [
    var.alert_emails,
    var.alert_group_interval_seconds,
    var.alert_group_wait_seconds,
    var.alert_repeat_interval_hours,
    var.architecture,
    var.high_non_compliance_threshold,
    var.lambda_zip_path,
    var.log_bucket_name,
    var.log_level,
    var.metric_namespace,
    var.permissions_boundary_arn,
    var.reminder_days,
    var.settle_seconds,
    var.sweep_digest,
    var.sweep_schedule,
    var.system_log_level,
    var.tag_policy,
    var.watched_states,
  ]
}

run "refuses_unknown_choices" {
  command = plan

  variables {
    alert_emails                  = ["team@example.com", "team@example"]
    alert_group_interval_seconds  = 0.5
    alert_group_wait_seconds      = 0.5
    alert_repeat_interval_hours   = 0.5
    high_non_compliance_threshold = 0.5
    architecture                  = "x86-64"
    lambda_zip_path               = "bootstrap.tar"
    log_level                     = "info"
    metrics                       = "log"
    permissions_boundary_arn      = "arn:aws:iam::123456789012:role/boundary"
    reminder_days                 = [3, 0.5]
    settle_seconds                = 0.5
    sweep_digest                  = "never"
    sweep_schedule                = "daily"
    system_log_level              = "ERROR"
    watched_states                = ["running", "terminated"]
  }

  expect_failures = [
    var.alert_emails,
    var.alert_group_interval_seconds,
    var.alert_group_wait_seconds,
    var.alert_repeat_interval_hours,
    var.architecture,
    var.high_non_compliance_threshold,
    var.lambda_zip_path,
    var.log_level,
    var.metrics,
    var.permissions_boundary_arn,
    var.reminder_days,
    var.settle_seconds,
    var.sweep_digest,
    var.sweep_schedule,
    var.system_log_level,
    var.watched_states,
  ]
}

run "refuses_what_is_too_short_or_too_long" {
  command = plan

  variables {
    alert_emails     = ["two words@example.com"]
    log_bucket_name  = "ab"
    metric_namespace = format("%0256d", 0)
    reminder_days    = [7, 7]
    sweep_schedule   = "rate(0 days)"
    watched_states   = ["shutting-down"]
  }

  expect_failures = [
    var.alert_emails,
    var.log_bucket_name,
    var.metric_namespace,
    var.reminder_days,
    var.sweep_schedule,
    var.watched_states,
  ]
}

run "refuses_what_is_too_much" {
  command = plan

  variables {
    alert_group_interval_seconds = 901
    alert_group_wait_seconds     = 301
    alert_repeat_interval_hours  = 8761
    log_bucket_name              = format("%064d", 0)
    metric_namespace             = "a,b"
    reminder_days                = [366]
    settle_seconds               = 901
    sweep_schedule               = "cron(0 6 * * ? * *)"
  }

  expect_failures = [
    var.alert_group_interval_seconds,
    var.alert_group_wait_seconds,
    var.alert_repeat_interval_hours,
    var.log_bucket_name,
    var.metric_namespace,
    var.reminder_days,
    var.settle_seconds,
    var.sweep_schedule,
  ]
}

run "refuses_upper_case_buckets_and_rules_of_few_fields" {
  command = plan

  variables {
    log_bucket_name  = "Upper-case"
    metric_namespace = "  "
    sweep_schedule   = "cron(0 6 * * ?)"
  }

  expect_failures = [
    var.log_bucket_name,
    var.metric_namespace,
    var.sweep_schedule,
  ]
}

run "refuses_forbidden_beginnings" {
  command = plan

  variables {
    log_bucket_name  = "-bucket"
    metric_namespace = "AWS/EC2"
    sweep_schedule   = " rate(1 day)"
  }

  expect_failures = [
    var.log_bucket_name,
    var.metric_namespace,
    var.sweep_schedule,
  ]
}

run "refuses_forbidden_endings" {
  command = plan

  variables {
    log_bucket_name  = "bucket."
    metric_namespace = ":TagCompliance"
    sweep_schedule   = "rate(1 week)"
  }

  expect_failures = [
    var.log_bucket_name,
    var.metric_namespace,
    var.sweep_schedule,
  ]
}

run "refuses_two_dots_and_a_single_time" {
  command = plan

  variables {
    log_bucket_name = "two..dots"
    sweep_schedule  = "at(2030-01-01T00:00:00)"
  }

  expect_failures = [
    var.log_bucket_name,
    var.sweep_schedule,
  ]
}

run "refuses_an_ip_address" {
  command = plan

  variables {
    log_bucket_name = "192.168.5.4"
  }

  expect_failures = [
    var.log_bucket_name,
  ]
}

run "refuses_a_reserved_prefix" {
  command = plan

  variables {
    log_bucket_name = "xn--bucket"
  }

  expect_failures = [
    var.log_bucket_name,
  ]
}

run "refuses_a_reserved_ending" {
  command = plan

  variables {
    log_bucket_name = "bucket-s3alias"
  }

  expect_failures = [
    var.log_bucket_name,
  ]
}

run "refuses_a_directory_bucket" {
  command = plan

  variables {
    log_bucket_name = "bucket--x-s3"
  }

  expect_failures = [
    var.log_bucket_name,
  ]
}

run "refuses_an_empty_suffix" {
  command = plan

  variables {
    suffix = ""
  }

  expect_failures = [
    var.suffix,
  ]
}

run "refuses_a_long_suffix" {
  command = plan

  variables {
    suffix = format("%037d", 0)
  }

  expect_failures = [
    var.suffix,
  ]
}

run "refuses_an_upper_case_suffix" {
  command = plan

  variables {
    suffix = "PR42"
  }

  expect_failures = [
    var.suffix,
  ]
}

run "refuses_a_leading_hyphen_and_too_many_tags" {
  command = plan

  variables {
    tag_policy = { required_tags = [{ key = "k0" }] }
    suffix     = "-qa42"
    tags       = { for i in range(51) : "k${i}" => "x" }
  }

  expect_failures = [
    var.suffix,
    var.tags,
  ]
}

run "refuses_a_trailing_hyphen_and_forbidden_characters" {
  command = plan

  variables {
    tag_policy = { required_tags = [{ key = "Owner" }] }
    suffix     = "qa42-"
    tags       = { Owner = "a,b" }
  }

  expect_failures = [
    var.suffix,
    var.tags,
  ]
}

run "refuses_an_underscore_and_a_long_tag_value" {
  command = plan

  variables {
    tag_policy = { required_tags = [{ key = "Owner" }] }
    suffix     = "pr_42"
    tags       = { Owner = format("%0257d", 0) }
  }

  expect_failures = [
    var.suffix,
    var.tags,
  ]
}

run "refuses_a_suffix_that_makes_a_reserved_bucket_name_and_a_long_tag_key" {
  command = plan

  variables {
    tag_policy = { required_tags = [{ key = "Owner" }] }
    suffix     = "s3alias"
    tags       = { Owner = "x", format("%0129d", 0) = "x" }
  }

  expect_failures = [
    var.suffix,
    var.tags,
  ]
}

run "refuses_a_suffix_that_makes_a_directory_bucket_and_reserved_tags" {
  command = plan

  variables {
    tag_policy = { required_tags = [{ key = "Owner" }] }
    suffix     = "qa42--x-s3"
    tags       = { Owner = "x", "aws:x" = "x" }
  }

  expect_failures = [
    var.suffix,
    var.tags,
  ]
}

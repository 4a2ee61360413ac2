# The plan rejects what EventBridge would reject late in an apply.

mock_provider "aws" {
  source = "./tests/mocks"
}

variables {
  lambda_zip_path = "tests/fixtures/bootstrap.zip"
  suffix          = "qa42"
}

run "what_it_takes" {
  command = plan

  assert {
    condition = alltrue([for schedule in [
      "rate(1 day)",
      "rate(12 hours)",
      "cron(0 6 * * ? *)",
      "cron(0/15 8-17,20 ? JAN-MAR,12 MON-FRI 2026-2199)",
      "cron(0 0 L * ? *)",
      "cron(0 0 15W 1/3 ? 2026/2)",
      "cron(0 0 ? * 6L *)",
      "cron(0 0 ? * FRI#2 *)",
    ] : can(regex(local.schedule_pattern, schedule))])
    error_message = "A schedule that EventBridge takes is refused."
  }
}

run "what_it_refuses" {
  command = plan

  assert {
    condition = alltrue([for schedule in [
      "rate(1 days)",
      "rate(2 day)",
      "rate(0 days)",
      "rate(1 week)",
      "cron(0 6 * * * *)",
      "cron(0 6 ? * ? *)",
      "cron(0 6 ? * 0 *)",
      "cron(0 6 ? * 8 *)",
      "cron(0 6 ? * SUNDAY *)",
      "cron(60 6 * * ? *)",
      "cron(0 24 * * ? *)",
      "cron(0 6 32 * ? *)",
      "cron(0 6 0 * ? *)",
      "cron(0 6 * 13 ? *)",
      "cron(0 6 * * ? 1969)",
      "cron(0 6 * * ? 2200)",
      "cron(0/0 6 * * ? *)",
      "cron(0 6 ? * MON#6 *)",
      "cron(0 6 * * ?)",
      "cron(0 6 * * ? * *)",
      "cron(? 6 * * ? *)",
      "at(2027-01-01T00:00:00)",
    ] : !can(regex(local.schedule_pattern, schedule))])
    error_message = "A schedule that EventBridge refuses is taken."
  }
}

run "refuses_two_days" {
  command = plan

  variables {
    sweep_schedule = "cron(0 6 * * * *)"
  }

  expect_failures = [var.sweep_schedule]
}

run "refuses_sunday_as_zero" {
  command = plan

  variables {
    sweep_schedule = "cron(0 6 ? * 0 *)"
  }

  expect_failures = [var.sweep_schedule]
}

run "refuses_no_such_time" {
  command = plan

  variables {
    sweep_schedule = "cron(99 25 ? * MON-FRI *)"
  }

  expect_failures = [var.sweep_schedule]
}

run "refuses_a_suffix_that_s3_reserves" {
  command = plan

  variables {
    suffix = "shop-an"
  }

  expect_failures = [var.suffix]
}

run "refuses_a_suffix_that_s3_reserves_alone" {
  command = plan

  variables {
    suffix = "an"
  }

  expect_failures = [var.suffix]
}

run "refuses_a_bucket_that_s3_reserves" {
  command = plan

  variables {
    log_bucket_name = "audit-123456789012-us-east-1-an"
  }

  expect_failures = [var.log_bucket_name]
}

run "takes_a_suffix_that_ends_in_other_words" {
  command = plan

  variables {
    suffix = "plan"
  }
}

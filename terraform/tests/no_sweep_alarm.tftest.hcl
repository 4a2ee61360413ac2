mock_provider "aws" {
  source = "./tests/mocks"
}

variables {
  lambda_zip_path = "tests/fixtures/bootstrap.zip"
  suffix          = "qa42"
}

run "silence_for_two_sweeps_is_told" {
  assert {
    condition     = module.observability.no_sweep_alarm.namespace == "TagCompliance" && module.observability.no_sweep_alarm.metric_name == "OpenViolations" && module.observability.no_sweep_alarm.dimensions == null && module.observability.no_sweep_alarm.statistic == "SampleCount"
    error_message = "The alarm does not watch the end of sweeps."
  }

  assert {
    condition     = module.observability.no_sweep_alarm.period == 3600 && module.observability.no_sweep_alarm.evaluation_periods == 48 && coalesce(module.observability.no_sweep_alarm.datapoints_to_alarm, 48) == 48
    error_message = "The alarm looks back ${module.observability.no_sweep_alarm.evaluation_periods} times ${module.observability.no_sweep_alarm.period} s."
  }

  # A new environment has no data either, but its state does not change, so it does not alarm.
  assert {
    condition     = module.observability.no_sweep_alarm.treat_missing_data == "missing" && module.observability.no_sweep_alarm.insufficient_data_actions == toset([module.alerts.topic.arn])
    error_message = "Missing data is ${module.observability.no_sweep_alarm.treat_missing_data}, and tells ${jsonencode(module.observability.no_sweep_alarm.insufficient_data_actions)}."
  }

  assert {
    condition     = module.observability.no_sweep_alarm.comparison_operator == "LessThanThreshold" && module.observability.no_sweep_alarm.threshold == 0 && module.observability.no_sweep_alarm.alarm_actions == null && module.observability.no_sweep_alarm.ok_actions == null
    error_message = "Data can trigger the alarm, or it acts on something other than missing sweeps."
  }

  assert {
    condition     = coalesce(module.observability.no_sweep_alarm.actions_enabled, true) && module.observability.no_sweep_alarm.alarm_description == "In INSUFFICIENT_DATA: no sweep has ended for 48 hours (namespace TagCompliance). Check its schedule and the function's log."
    error_message = "Description: ${module.observability.no_sweep_alarm.alarm_description}"
  }
}

run "other_namespace_and_schedule" {
  command = plan

  variables {
    metric_namespace = "Other/Namespace"
    sweep_schedule   = "cron(0 6 ? * MON-FRI *)"
  }

  assert {
    condition     = module.observability.no_sweep_alarm.namespace == "Other/Namespace" && module.observability.no_sweep_alarm.evaluation_periods == 144
    error_message = "The alarm looks back ${module.observability.no_sweep_alarm.evaluation_periods} hours in ${module.observability.no_sweep_alarm.namespace}."
  }
}

run "hours_are_rounded_up" {
  command = plan

  variables {
    sweep_schedule = "rate(45 minutes)"
  }

  assert {
    condition     = module.observability.no_sweep_alarm.evaluation_periods == 2
    error_message = "The alarm looks back ${module.observability.no_sweep_alarm.evaluation_periods} hours."
  }
}

run "half_an_hour_is_no_more_than_that" {
  command = plan

  variables {
    sweep_schedule = "rate(30 minutes)"
  }

  assert {
    condition     = module.observability.no_sweep_alarm.evaluation_periods == 1
    error_message = "The alarm looks back ${module.observability.no_sweep_alarm.evaluation_periods} hours."
  }
}

run "five_minutes_are_an_hour" {
  command = plan

  variables {
    sweep_schedule = "rate(5 minutes)"
  }

  assert {
    condition     = module.observability.no_sweep_alarm.evaluation_periods == 1
    error_message = "The alarm looks back ${module.observability.no_sweep_alarm.evaluation_periods} hours."
  }
}

run "hours_of_each_day" {
  command = plan

  variables {
    sweep_schedule = "cron(0 0/4 * * ? *)"
  }

  assert {
    condition     = local.sweep_interval_hours == 4
    error_message = "Hours between sweeps: ${jsonencode(local.sweep_interval_hours)}"
  }
}

run "the_night_is_the_longest_time" {
  command = plan

  variables {
    sweep_schedule = "cron(0/15 8-17 * * ? *)"
  }

  assert {
    condition     = local.sweep_interval_hours == 15
    error_message = "Hours between sweeps: ${jsonencode(local.sweep_interval_hours)}"
  }
}

run "hours_that_begin_before_midnight" {
  command = plan

  variables {
    sweep_schedule = "cron(0 22-2 ? * * *)"
  }

  assert {
    condition     = local.sweep_interval_hours == 20
    error_message = "Hours between sweeps: ${jsonencode(local.sweep_interval_hours)}"
  }
}

run "a_weekend" {
  command = plan

  variables {
    sweep_schedule = "cron(30 8-17 ? 1-12 2-6 *)"
  }

  assert {
    condition     = local.sweep_interval_hours == 63
    error_message = "Hours between sweeps: ${jsonencode(local.sweep_interval_hours)}"
  }
}

run "days_by_name_and_number" {
  command = plan

  variables {
    sweep_schedule = "cron(0 6,18 ? * MON,4,FRI *)"
  }

  assert {
    condition     = local.sweep_interval_hours == 60
    error_message = "Hours between sweeps: ${jsonencode(local.sweep_interval_hours)}"
  }
}

run "every_third_day_of_a_month" {
  command = plan

  variables {
    sweep_schedule = "cron(0 6 1/3 JAN-DEC ? *)"
  }

  assert {
    condition     = local.sweep_interval_hours == 72
    error_message = "Hours between sweeps: ${jsonencode(local.sweep_interval_hours)}"
  }
}

run "six_hours_by_a_step_of_all" {
  command = plan

  variables {
    sweep_schedule = "cron(0 */6 * * ? *)"
  }

  assert {
    condition     = local.sweep_interval_hours == 6
    error_message = "Hours between sweeps: ${jsonencode(local.sweep_interval_hours)}"
  }
}

run "warns_of_four_days" {
  command = plan

  variables {
    sweep_schedule = "rate(4 days)"
  }

  assert {
    condition     = module.observability.no_sweep_alarm == null && output.no_sweep_alarm_name == null && length(jsondecode(module.alerts.topic_policy.policy).Statement[0].Condition.ArnEquals["aws:SourceArn"]) == 3
    error_message = "There is an alarm that cannot look back far enough, or the topic admits it."
  }

  expect_failures = [check.sweeps]
}

run "warns_of_a_long_weekend" {
  command = plan

  variables {
    sweep_schedule = "cron(0 6 ? * FRI-MON *)"
  }

  assert {
    condition     = module.observability.no_sweep_alarm == null && output.no_sweep_alarm_name == null && length(jsondecode(module.alerts.topic_policy.policy).Statement[0].Condition.ArnEquals["aws:SourceArn"]) == 3
    error_message = "There is an alarm that cannot look back far enough, or the topic admits it."
  }

  expect_failures = [check.sweeps]
}

run "warns_of_a_day_of_the_month" {
  command = plan

  variables {
    sweep_schedule = "cron(0 6 15W * ? *)"
  }

  assert {
    condition     = module.observability.no_sweep_alarm == null && output.no_sweep_alarm_name == null && length(jsondecode(module.alerts.topic_policy.policy).Statement[0].Condition.ArnEquals["aws:SourceArn"]) == 3
    error_message = "There is an alarm that cannot look back far enough, or the topic admits it."
  }

  expect_failures = [check.sweeps]
}

run "warns_of_a_weekday_of_the_month" {
  command = plan

  variables {
    sweep_schedule = "cron(0 6 ? * FRI#2 *)"
  }

  assert {
    condition     = module.observability.no_sweep_alarm == null && output.no_sweep_alarm_name == null && length(jsondecode(module.alerts.topic_policy.policy).Statement[0].Condition.ArnEquals["aws:SourceArn"]) == 3
    error_message = "There is an alarm that cannot look back far enough, or the topic admits it."
  }

  expect_failures = [check.sweeps]
}

run "warns_of_the_gap_between_two_months" {
  command = plan

  variables {
    sweep_schedule = "cron(0 6 2/3 * ? *)"
  }

  assert {
    condition     = module.observability.no_sweep_alarm == null && output.no_sweep_alarm_name == null && length(jsondecode(module.alerts.topic_policy.policy).Statement[0].Condition.ArnEquals["aws:SourceArn"]) == 3
    error_message = "There is an alarm that cannot look back far enough, or the topic admits it."
  }

  expect_failures = [check.sweeps]
}

run "warns_of_months_that_are_left_out" {
  command = plan

  variables {
    sweep_schedule = "cron(0 6 * 1-11 ? *)"
  }

  assert {
    condition     = module.observability.no_sweep_alarm == null && output.no_sweep_alarm_name == null && length(jsondecode(module.alerts.topic_policy.policy).Statement[0].Condition.ArnEquals["aws:SourceArn"]) == 3
    error_message = "There is an alarm that cannot look back far enough, or the topic admits it."
  }

  expect_failures = [check.sweeps]
}

run "warns_of_years_that_end" {
  command = plan

  variables {
    sweep_schedule = "cron(0 6 * * ? 2026-2199)"
  }

  assert {
    condition     = module.observability.no_sweep_alarm == null && output.no_sweep_alarm_name == null && length(jsondecode(module.alerts.topic_policy.policy).Statement[0].Condition.ArnEquals["aws:SourceArn"]) == 3
    error_message = "There is an alarm that cannot look back far enough, or the topic admits it."
  }

  expect_failures = [check.sweeps]
}

run "none_where_nothing_sweeps" {
  variables {
    sweep_schedule = null
  }

  assert {
    condition     = module.observability.no_sweep_alarm == null && output.no_sweep_alarm_name == null
    error_message = "There is an alarm on missing sweeps without a schedule."
  }
}

run "none_without_health_alarms" {
  command = plan

  variables {
    health_alarms_enabled = false
    sweep_schedule        = "rate(4 days)"
  }

  assert {
    condition     = module.observability.no_sweep_alarm == null
    error_message = "There is an alarm although health_alarms_enabled is false."
  }
}

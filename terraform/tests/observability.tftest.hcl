mock_provider "aws" {
  source = "./tests/mocks"
}

variables {
  lambda_zip_path = "tests/fixtures/bootstrap.zip"
  suffix          = "qa42"
}

run "alarm" {
  assert {
    condition     = module.observability.alarm.namespace == "TagCompliance" && module.observability.alarm.metric_name == "NonCompliantInstances" && module.observability.alarm.dimensions == null
    error_message = "The alarm watches another metric."
  }

  assert {
    condition     = module.observability.alarm.statistic == "Sum" && module.observability.alarm.period == 300 && module.observability.alarm.evaluation_periods == 1
    error_message = "The alarm does not sum up five minutes."
  }

  assert {
    condition     = module.observability.alarm.comparison_operator == "GreaterThanThreshold" && module.observability.alarm.threshold == 5
    error_message = "The alarm's threshold is not more than 5."
  }

  assert {
    condition     = module.observability.alarm.treat_missing_data == "notBreaching"
    error_message = "Missing data is ${module.observability.alarm.treat_missing_data}."
  }

  assert {
    condition     = coalesce(module.observability.alarm.actions_enabled, true) && module.observability.alarm.alarm_actions == toset([module.alerts.topic.arn])
    error_message = "The alarm does not publish only to the topic."
  }

  assert {
    condition     = module.observability.alarm.ok_actions == null && module.observability.alarm.insufficient_data_actions == null
    error_message = "The alarm publishes more than alarms."
  }

  assert {
    condition     = module.observability.alarm.alarm_description == "More than 5 non-compliant evaluations within 5 minutes (namespace TagCompliance)."
    error_message = "Description: ${module.observability.alarm.alarm_description}"
  }
}

run "threshold" {
  variables {
    high_non_compliance_threshold = 20
  }

  assert {
    condition     = module.observability.alarm.threshold == 20 && module.observability.alarm.alarm_description == "More than 20 non-compliant evaluations within 5 minutes (namespace TagCompliance)."
    error_message = "high_non_compliance_threshold is not used: ${module.observability.alarm.alarm_description}"
  }

  assert {
    condition     = jsondecode(module.observability.dashboard.dashboard_body).widgets[1].properties.annotations.horizontal[0].value == 20
    error_message = "The line in the widget is not the alarm's threshold."
  }
}

run "ok_actions" {
  variables {
    alarm_ok_actions_enabled = true
  }

  assert {
    condition = alltrue([
      for alarm in [module.observability.alarm, module.observability.dead_letters_alarm, module.observability.no_sweep_alarm, module.observability.unwritten_records_alarm] :
      alarm.ok_actions == toset([module.alerts.topic.arn])
    ])
    error_message = "An alarm does not notify when it returns to OK."
  }
}

run "dashboard" {
  command = plan

  assert {
    condition = jsonencode([for widget in jsondecode(module.observability.dashboard.dashboard_body).widgets : [widget.x, widget.y, widget.properties.title, widget.properties.stat, widget.properties.period]]) == jsonencode([
      [0, 0, "Compliance Status", "Sum", 300],
      [12, 0, "Non-Compliant Instances", "Sum", 300],
      [0, 6, "Open Violations", "Maximum", 3600],
      [12, 6, "Compliant Share (%)", "Sum", 3600],
      [0, 12, "Dead Letters", "Maximum", 300],
      [12, 12, "Finished Sweeps", "SampleCount", 3600],
    ])
    error_message = "The widgets are: ${module.observability.dashboard.dashboard_body}"
  }

  assert {
    condition = jsonencode(jsondecode(module.observability.dashboard.dashboard_body).widgets[*].properties.metrics) == jsonencode([
      [["TagCompliance", "CompliantInstances"], ["TagCompliance", "NonCompliantInstances"]],
      [["TagCompliance", "NonCompliantInstances"]],
      [["TagCompliance", "OpenViolations"], ["TagCompliance", "MissedByEvents", { stat = "Sum" }]],
      [
        [{ expression = "100 * compliant / (compliant + non_compliant)", id = "share", label = "Compliant (%)" }],
        ["TagCompliance", "CompliantInstances", { id = "compliant", visible = false }],
        ["TagCompliance", "NonCompliantInstances", { id = "non_compliant", visible = false }],
      ],
      [["AWS/SQS", "ApproximateNumberOfMessagesVisible", "QueueName", "tag-compliance-dlq-qa42"]],
      [["TagCompliance", "OpenViolations"]],
    ])
    error_message = "The widgets draw: ${module.observability.dashboard.dashboard_body}"
  }

  assert {
    condition = alltrue([
      for widget in jsondecode(module.observability.dashboard.dashboard_body).widgets :
      widget.type == "metric" && widget.width == 12 && widget.height == 6 && widget.properties.view == "timeSeries" && widget.properties.stacked == false
    ])
    error_message = "A widget does not show lines, or overlaps another."
  }

  assert {
    condition     = alltrue([for widget in jsondecode(module.observability.dashboard.dashboard_body).widgets : widget.properties.region == "cn-north-1"])
    error_message = "A widget shows another region."
  }

  assert {
    condition     = jsondecode(module.observability.dashboard.dashboard_body).widgets[1].properties.annotations.horizontal[0].value == module.observability.alarm.threshold
    error_message = "The line in the widget is not the alarm's threshold."
  }
}

run "namespace" {
  command = plan

  variables {
    metric_namespace = "Other/Namespace"
  }

  assert {
    condition     = module.observability.alarm.namespace == "Other/Namespace"
    error_message = "The alarm is in namespace ${module.observability.alarm.namespace}"
  }

  assert {
    condition     = !strcontains(module.observability.dashboard.dashboard_body, "\"TagCompliance\"") && length(regexall("\"Other/Namespace\"", module.observability.dashboard.dashboard_body)) == 8
    error_message = "The dashboard is of another namespace: ${module.observability.dashboard.dashboard_body}"
  }
}

run "without_dashboard" {
  variables {
    dashboard_enabled = false
  }

  assert {
    condition     = module.observability.dashboard == null && output.dashboard_name == null
    error_message = "There is a dashboard."
  }

  assert {
    condition     = output.alarm_name == "high-non-compliance-qa42"
    error_message = "There is no alarm without a dashboard."
  }
}

run "health_alarms" {
  assert {
    condition     = module.observability.dead_letters_alarm.namespace == "AWS/SQS" && module.observability.dead_letters_alarm.metric_name == "ApproximateNumberOfMessagesVisible" && module.observability.dead_letters_alarm.dimensions == tomap({ QueueName = module.dead_letter_queue.queue.name })
    error_message = "The alarm does not watch the dead-letter queue."
  }

  assert {
    condition     = module.observability.dead_letters_alarm.statistic == "Maximum" && module.observability.unwritten_records_alarm.statistic == "Sum"
    error_message = "The statistics are ${module.observability.dead_letters_alarm.statistic} and ${module.observability.unwritten_records_alarm.statistic}."
  }

  assert {
    condition     = module.observability.unwritten_records_alarm.namespace == "TagCompliance" && module.observability.unwritten_records_alarm.metric_name == "UnwrittenRecords" && module.observability.unwritten_records_alarm.dimensions == null
    error_message = "The alarm watches another metric than the function sends."
  }

  assert {
    condition = alltrue([
      for alarm in [module.observability.dead_letters_alarm, module.observability.unwritten_records_alarm] :
      alarm.comparison_operator == "GreaterThanThreshold" && alarm.threshold == 0 && alarm.evaluation_periods == 1 &&
      alarm.treat_missing_data == "notBreaching" && alarm.alarm_actions == toset([module.alerts.topic.arn])
    ])
    error_message = "An alarm does not fire at the first one, fires at none, or publishes elsewhere."
  }
}

run "no_health_alarms" {
  variables {
    health_alarms_enabled = false
  }

  assert {
    condition     = module.observability.dead_letters_alarm == null && module.observability.unwritten_records_alarm == null && output.dead_letters_alarm_name == null && output.unwritten_records_alarm_name == null
    error_message = "There is an alarm although health_alarms_enabled is false."
  }

  assert {
    condition     = jsonencode(jsondecode(module.alerts.topic_policy.policy).Statement[0].Condition.ArnEquals["aws:SourceArn"]) == jsonencode(["arn:aws-cn:cloudwatch:cn-north-1:123456789012:alarm:high-non-compliance-qa42"])
    error_message = "The topic admits an alarm that is not there: ${module.alerts.topic_policy.policy}"
  }
}

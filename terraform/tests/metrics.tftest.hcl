# How events' evaluations become metrics.

mock_provider "aws" {
  source = "./tests/mocks"
}

variables {
  lambda_zip_path = "tests/fixtures/bootstrap.zip"
  suffix          = "qa42"
}

run "by_calls" {
  command = plan

  assert {
    condition     = length(module.checker.metric_filters) == 0 && !contains(keys(module.checker.function.environment[0].variables), "METRICS") && output.metrics == "api"
    error_message = "By default, something but PutMetricData counts."
  }
}

run "refuses_a_namespace_that_no_filter_can_have" {
  command = plan

  variables {
    metric_namespace = "Tags:prod"
    metrics          = "logs"
  }

  expect_failures = [var.metrics]
}

run "takes_it_by_calls" {
  command = plan

  variables {
    metric_namespace = "Tags:prod"
  }
}

run "by_logs" {
  variables {
    metric_namespace = "Other/Namespace"
    metrics          = "logs"
  }

  assert {
    condition     = module.checker.function.environment[0].variables["METRICS"] == "logs" && output.metrics == "logs"
    error_message = "METRICS is: ${jsonencode(module.checker.function.environment[0].variables)}"
  }

  assert {
    condition = jsonencode([for filter in module.checker.metric_filters : [filter.name, filter.pattern, filter.metric_transformation[0].name, filter.metric_transformation[0].value]]) == jsonencode([
      ["CompliantInstances", "{ $.message = \"Evaluations counted\" && $.compliant = * }", "CompliantInstances", "$.compliant"],
      ["NonCompliantInstances", "{ $.message = \"Evaluations counted\" && $.non_compliant = * }", "NonCompliantInstances", "$.non_compliant"],
      ["UnwrittenRecords", "{ $.message = \"Evaluations counted\" && $.unwritten_records = * }", "UnwrittenRecords", "$.unwritten_records"],
    ])
    error_message = "The filters are: ${jsonencode(module.checker.metric_filters)}"
  }

  # An alarm that finds two units, or other dimensions, sees only some of the counts.
  assert {
    condition = alltrue([
      for filter in module.checker.metric_filters :
      filter.log_group_name == module.checker.log_group.name && filter.metric_transformation[0].namespace == "Other/Namespace" &&
      filter.metric_transformation[0].unit == "Count" && filter.metric_transformation[0].default_value == null && filter.metric_transformation[0].dimensions == null
    ])
    error_message = "The filters are: ${jsonencode(module.checker.metric_filters)}"
  }

  assert {
    condition     = contains(keys(module.checker.metric_filters), module.observability.alarm.metric_name) && contains(keys(module.checker.metric_filters), module.observability.unwritten_records_alarm.metric_name)
    error_message = "An alarm watches a metric that only sweeps send."
  }

  assert {
    condition     = contains(jsondecode(module.checker.role_policy.policy).Statement[*].Sid, "PutMetrics")
    error_message = "Sweeps may not send metrics."
  }
}

locals {
  # Each metric of checks, by the field of the log line "Evaluations counted" that has its value. The function writes
  # unwritten_records only if there are any, so that the metric costs nothing until then.
  metric_fields = {
    CompliantInstances    = "compliant"
    NonCompliantInstances = "non_compliant"
    UnwrittenRecords      = "unwritten_records"
  }
}

# Without a default value, which every other line would set: as with PutMetricData, there is no data without an evaluation.
resource "aws_cloudwatch_log_metric_filter" "counts" {
  for_each = var.metrics == "logs" ? local.metric_fields : {}

  name           = each.key
  log_group_name = aws_cloudwatch_log_group.checker.name
  # A value that is not in the pattern cannot be read.
  pattern = "{ $.message = \"Evaluations counted\" && $.${each.value} = * }"

  metric_transformation {
    namespace = var.metric_namespace
    name      = each.key
    value     = "$.${each.value}"
    # The unit of the sweeps' PutMetricData. An alarm that finds two units may evaluate either.
    unit = "Count"
  }

  lifecycle {
    # A log group takes its filters along, and a new one has the same name.
    replace_triggered_by = [aws_cloudwatch_log_group.checker.arn]
  }
}

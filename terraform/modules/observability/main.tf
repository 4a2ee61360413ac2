locals {
  alarm_threshold = 5
  period_seconds  = 300

  widget_defaults = {
    period  = local.period_seconds
    region  = var.region
    stacked = false
    stat    = "Sum"
    view    = "timeSeries"
    yAxis   = { left = { min = 0 } }
  }
}

resource "aws_cloudwatch_dashboard" "compliance" {
  count = var.dashboard_enabled ? 1 : 0

  dashboard_name = var.dashboard_name

  dashboard_body = jsonencode({
    widgets = [
      {
        type   = "metric"
        x      = 0
        y      = 0
        width  = 12
        height = 6
        properties = merge(local.widget_defaults, {
          title = "Compliance Status"
          metrics = [
            [var.metric_namespace, "CompliantInstances"],
            [var.metric_namespace, "NonCompliantInstances"],
          ]
        })
      },
      {
        type   = "metric"
        x      = 12
        y      = 0
        width  = 12
        height = 6
        properties = merge(local.widget_defaults, {
          title   = "Non-Compliant Instances"
          metrics = [[var.metric_namespace, "NonCompliantInstances"]]
          annotations = {
            horizontal = [{ label = "Alarm above", value = local.alarm_threshold }]
          }
        })
      },
    ]
  })
}

resource "aws_cloudwatch_metric_alarm" "high_non_compliance" {
  alarm_name        = var.alarm_name
  alarm_description = "More than ${local.alarm_threshold} non-compliant verdicts within ${local.period_seconds / 60} minutes (namespace ${var.metric_namespace})."

  namespace           = var.metric_namespace
  metric_name         = "NonCompliantInstances"
  statistic           = "Sum"
  period              = local.period_seconds
  evaluation_periods  = 1
  comparison_operator = "GreaterThanThreshold"
  threshold           = local.alarm_threshold
  # No event means no verdict, which is no violation.
  treat_missing_data = "notBreaching"

  alarm_actions = [var.alert_topic_arn]

  tags = var.tags
}

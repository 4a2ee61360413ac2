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

# Something has failed for good and waits for somebody to redrive it.
resource "aws_cloudwatch_metric_alarm" "dead_letters" {
  count = var.health_alarms_enabled ? 1 : 0

  alarm_name        = var.dead_letters_alarm_name
  alarm_description = "Events that failed for good are in ${var.dead_letter_queue_name}; find the cause, then run scripts/redrive.sh."

  namespace           = "AWS/SQS"
  metric_name         = "ApproximateNumberOfMessagesVisible"
  dimensions          = { QueueName = var.dead_letter_queue_name }
  statistic           = "Maximum"
  period              = local.period_seconds
  evaluation_periods  = 1
  comparison_operator = "GreaterThanThreshold"
  threshold           = 0
  # SQS sends nothing of a queue that has been empty for hours.
  treat_missing_data = "notBreaching"

  alarm_actions = [var.alert_topic_arn]

  tags = var.tags
}

# The function sends this metric only where S3 has refused a record, so it costs nothing until then.
resource "aws_cloudwatch_metric_alarm" "unwritten_records" {
  count = var.health_alarms_enabled ? 1 : 0

  alarm_name        = var.unwritten_records_alarm_name
  alarm_description = "S3 did not take audit records (namespace ${var.metric_namespace}); the log lines \"Audit record not written\" say why."

  namespace           = var.metric_namespace
  metric_name         = "UnwrittenRecords"
  statistic           = "Sum"
  period              = local.period_seconds
  evaluation_periods  = 1
  comparison_operator = "GreaterThanThreshold"
  threshold           = 0
  treat_missing_data  = "notBreaching"

  alarm_actions = [var.alert_topic_arn]

  tags = var.tags
}

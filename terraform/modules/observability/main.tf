locals {
  period_seconds = 300
  hour_seconds   = 3600

  widget_defaults = {
    period  = local.period_seconds
    region  = var.region
    stacked = false
    stat    = "Sum"
    view    = "timeSeries"
    yAxis   = { left = { min = 0 } }
  }

  widgets = [
    {
      title = "Compliance Status"
      metrics = [
        [var.metric_namespace, "CompliantInstances"],
        [var.metric_namespace, "NonCompliantInstances"],
      ]
    },
    {
      title   = "Non-Compliant Instances"
      metrics = [[var.metric_namespace, "NonCompliantInstances"]]
      annotations = {
        horizontal = [{ label = "Alarm above", value = var.high_non_compliance_threshold }]
      }
    },
    {
      title = "Open Violations"
      metrics = [
        [var.metric_namespace, "OpenViolations"],
        [var.metric_namespace, "MissedByEvents", { stat = "Sum" }],
      ]
      period = local.hour_seconds
      stat   = "Maximum"
    },
    {
      title = "Compliant Share (%)"
      # The expression comes first, and is the only visible line.
      metrics = [
        [{ expression = "100 * compliant / (compliant + non_compliant)", id = "share", label = "Compliant (%)" }],
        [var.metric_namespace, "CompliantInstances", { id = "compliant", visible = false }],
        [var.metric_namespace, "NonCompliantInstances", { id = "non_compliant", visible = false }],
      ]
      period = local.hour_seconds
      yAxis  = { left = { min = 0, max = 100 } }
    },
    {
      title   = "Dead Letters"
      metrics = [["AWS/SQS", "ApproximateNumberOfMessagesVisible", "QueueName", var.dead_letter_queue_name]]
      stat    = "Maximum"
    },
    {
      # Each sweep sends the metric once, when it ends.
      title   = "Finished Sweeps"
      metrics = [[var.metric_namespace, "OpenViolations"]]
      period  = local.hour_seconds
      stat    = "SampleCount"
    },
  ]

  alarm_actions = [var.alert_topic_arn]
  ok_actions    = var.ok_actions_enabled ? local.alarm_actions : null
}

resource "aws_cloudwatch_dashboard" "compliance" {
  count = var.dashboard_enabled ? 1 : 0

  dashboard_name = var.dashboard_name

  dashboard_body = jsonencode({
    widgets = [
      for index, properties in local.widgets : {
        type       = "metric"
        x          = 12 * (index % 2)
        y          = 6 * floor(index / 2)
        width      = 12
        height     = 6
        properties = merge(local.widget_defaults, properties)
      }
    ]
  })
}

resource "aws_cloudwatch_metric_alarm" "high_non_compliance" {
  alarm_name        = var.alarm_name
  alarm_description = "More than ${var.high_non_compliance_threshold} non-compliant evaluations within ${local.period_seconds / 60} minutes (namespace ${var.metric_namespace})."

  namespace           = var.metric_namespace
  metric_name         = "NonCompliantInstances"
  statistic           = "Sum"
  period              = local.period_seconds
  evaluation_periods  = 1
  comparison_operator = "GreaterThanThreshold"
  threshold           = var.high_non_compliance_threshold
  # No event means no evaluation, which is no violation.
  treat_missing_data = "notBreaching"

  alarm_actions = local.alarm_actions
  ok_actions    = local.ok_actions

  tags = var.tags
}

resource "aws_cloudwatch_metric_alarm" "dead_letters" {
  count = var.health_alarms_enabled ? 1 : 0

  alarm_name        = var.dead_letters_alarm_name
  alarm_description = "${var.dead_letter_queue_name} holds events that could not be delivered or processed. Fix the cause, then run scripts/redrive.sh."

  namespace           = "AWS/SQS"
  metric_name         = "ApproximateNumberOfMessagesVisible"
  dimensions          = { QueueName = var.dead_letter_queue_name }
  statistic           = "Maximum"
  period              = local.period_seconds
  evaluation_periods  = 1
  comparison_operator = "GreaterThanThreshold"
  threshold           = 0
  # SQS sends no metrics for a queue that has been empty for hours.
  treat_missing_data = "notBreaching"

  alarm_actions = local.alarm_actions
  ok_actions    = local.ok_actions

  tags = var.tags
}

resource "aws_cloudwatch_metric_alarm" "channels_dead_letters" {
  count = var.health_alarms_enabled && var.channel_alarms.dead_letter_queue_name != null ? 1 : 0

  alarm_name        = var.channel_alarms.dead_letters_name
  alarm_description = "${var.channel_alarms.dead_letter_queue_name} holds events that a channel did not take within 24 hours, or refused. docs/channels.md says how to deliver them again."

  namespace           = "AWS/SQS"
  metric_name         = "ApproximateNumberOfMessagesVisible"
  dimensions          = { QueueName = var.channel_alarms.dead_letter_queue_name }
  statistic           = "Maximum"
  period              = local.period_seconds
  evaluation_periods  = 1
  comparison_operator = "GreaterThanThreshold"
  threshold           = 0
  treat_missing_data  = "notBreaching"

  alarm_actions = local.alarm_actions
  ok_actions    = local.ok_actions

  tags = var.tags
}

resource "aws_cloudwatch_metric_alarm" "channels_failed" {
  count = var.health_alarms_enabled ? length(var.channel_alarms.state_machine_arns) : 0

  alarm_name        = var.channel_alarms.failed_name
  alarm_description = "A message to Slack, PagerDuty or Jira Service Management failed for good. The execution says why; docs/channels.md says how to send it again."

  namespace           = "AWS/States"
  metric_name         = "ExecutionsFailed"
  dimensions          = { StateMachineArn = var.channel_alarms.state_machine_arns[count.index] }
  statistic           = "Sum"
  period              = local.period_seconds
  evaluation_periods  = 1
  comparison_operator = "GreaterThanThreshold"
  threshold           = 0
  treat_missing_data  = "notBreaching"

  alarm_actions = local.alarm_actions
  ok_actions    = local.ok_actions

  tags = var.tags
}

# The function only sends this metric when a record could not be written, so it costs nothing until then.
resource "aws_cloudwatch_metric_alarm" "unwritten_records" {
  count = var.health_alarms_enabled ? 1 : 0

  alarm_name        = var.unwritten_records_alarm_name
  alarm_description = "Audit records could not be written to S3 (namespace ${var.metric_namespace}); the log lines \"Audit record not written\" say why."

  namespace           = var.metric_namespace
  metric_name         = "UnwrittenRecords"
  statistic           = "Sum"
  period              = local.period_seconds
  evaluation_periods  = 1
  comparison_operator = "GreaterThanThreshold"
  threshold           = 0
  treat_missing_data  = "notBreaching"

  alarm_actions = local.alarm_actions
  ok_actions    = local.ok_actions

  tags = var.tags
}

# A sweep sends this metric when it ends, even if it is 0, so a missing sweep is missing data. The alarm acts on
# INSUFFICIENT_DATA, which a new environment starts in without an alarm.
resource "aws_cloudwatch_metric_alarm" "no_sweep" {
  count = var.no_sweep_alarm_hours == null ? 0 : 1

  alarm_name        = var.no_sweep_alarm_name
  alarm_description = "In INSUFFICIENT_DATA: no sweep has ended for ${var.no_sweep_alarm_hours} hours (namespace ${var.metric_namespace}). Check its schedule and the function's log."

  namespace          = var.metric_namespace
  metric_name        = "OpenViolations"
  statistic          = "SampleCount"
  period             = local.hour_seconds
  evaluation_periods = var.no_sweep_alarm_hours
  # No number of samples is below 0.
  comparison_operator = "LessThanThreshold"
  threshold           = 0
  treat_missing_data  = "missing"

  insufficient_data_actions = local.alarm_actions
  ok_actions                = local.ok_actions

  tags = var.tags
}

locals {
  names = {
    alarm                   = "high-non-compliance-${var.suffix}"
    alert_topic             = "compliance-alerts-${var.suffix}"
    dashboard               = "tag-compliance-${var.suffix}"
    dead_letter_queue       = "tag-compliance-dlq-${var.suffix}"
    dead_letters_alarm      = "tag-compliance-dead-letters-${var.suffix}"
    delay_queue             = "tag-compliance-delay-${var.suffix}"
    event_queue             = "tag-compliance-events-${var.suffix}"
    function                = "tag-compliance-checker-${var.suffix}"
    log_bucket              = "compliance-logs-${var.suffix}"
    log_group               = "/aws/lambda/tag-compliance-checker-${var.suffix}"
    no_sweep_alarm          = "tag-compliance-no-sweep-${var.suffix}"
    role                    = "tag-compliance-checker-role-${var.suffix}"
    state_change_rule       = "ec2-state-change-${var.suffix}"
    state_table             = "tag-compliance-state-${var.suffix}"
    sweep_role              = "tag-compliance-sweep-role-${var.suffix}"
    sweep_schedule          = "tag-compliance-sweep-${var.suffix}"
    sweep_rule              = "tag-compliance-sweep-${var.suffix}"
    tag_change_rule         = "ec2-tag-change-${var.suffix}"
    unwritten_records_alarm = "tag-compliance-unwritten-records-${var.suffix}"
  }

  # Apart, because environments of pull requests have no channels, and their roles no right to these.
  names_for_channels = {
    channels_dead_letter_queue  = "tag-compliance-channels-dlq-${var.suffix}"
    channels_dead_letters_alarm = "tag-compliance-channels-dead-letters-${var.suffix}"
    channels_failed_alarm       = "tag-compliance-channels-failed-${var.suffix}"
    channels_machine            = "tag-compliance-channels-${var.suffix}"
    channels_machine_role       = "tag-compliance-machine-role-${var.suffix}"
  }

  # A channel's rule, API destination, connection, role, topic and chat configuration. A channel's name has no hyphen, so that no
  # two environments share one.
  channels = { for name in var.channels : name => "channel-${name}-${var.suffix}" }
}

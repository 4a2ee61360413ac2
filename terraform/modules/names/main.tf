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
}

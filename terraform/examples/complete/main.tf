# Every variable.
module "tag_compliance" {
  source = "../.."

  suffix = "prod"
  tags   = { Environment = "prod", Owner = "platform-team", Application = "ec2-tag-compliance", CostCenter = "1234" }

  tag_policy = {
    required_tags = [
      { key = "Environment", allowed_values = ["dev", "staging", "prod"] },
      { key = "Owner", pattern = "[a-z]+-team", severity = "high", description = "Your team in the staff directory" },
      { key = "Application", min_length = 3, max_length = 40, ignore_key_case = true },
      { key = "CostCenter", pattern = "[0-9]{4}", severity = "critical", when = { tags = [{ key = "Environment", values = ["prod"] }] } },
    ]
    forbidden_tags = [{ key = "temp", ignore_key_case = true, severity = "low" }]
    scope          = { exclude = [{ auto_scaling_groups = ["spot-workers"] }] }
    exemptions = [{
      owner   = "data-team"
      reason  = "migrating to EKS"
      expires = "2027-03-31"
      when    = { tags = [{ key = "Etl" }], auto_scaling_groups = ["etl"] }
    }]
    owner_tag = "Owner"
  }

  # The function, from a bucket of your own. lambda_zip_path takes a file instead.
  architecture      = "arm64"
  s3_bucket         = var.release_bucket
  s3_key            = "tag-compliance/v1.0.0/bootstrap-arm64.zip"
  s3_object_version = null

  # Events and sweeps
  event_delivery              = "queue"
  event_queue_drain_seconds   = 120
  event_queue_max_concurrency = 20
  event_queue_window_seconds  = 5
  audit_records               = "batch"
  settle_seconds              = 120
  sweep_digest                = "always"
  sweep_schedule              = "cron(0 6 ? * MON-FRI *)"
  watched_states              = ["running", "stopping", "stopped"]

  # Alerts, alarms, logs and the dashboard
  alert_emails                  = ["platform-team@example.com"]
  alert_group_interval_seconds  = 300
  alert_group_wait_seconds      = 30
  alert_repeat_interval_hours   = 72
  alert_tags                    = "policy"
  alarm_ok_actions_enabled      = true
  escalate_after_days           = 14
  escalation_emails             = ["manager@example.com"]
  high_non_compliance_threshold = 20
  reminder_days                 = [7, 30]
  resolved_notices_enabled      = true
  audit_log_retention_days      = 365
  log_retention_days            = 30
  health_alarms_enabled         = true
  dashboard_enabled             = false
  log_bucket_name               = "example-tag-compliance-audit-log"
  log_level                     = "DEBUG"
  system_log_level              = "WARN"
  metric_namespace              = "TagCompliance/prod"
  violation_events_enabled      = true

  owners = {
    "web-team" = { emails = ["web-team@example.com"] }
    "data-*"   = { emails = ["data-team@example.com"] }
    "*"        = { emails = ["everyone-else@example.com"] }
  }

  # Where violations are told beside the topic. Each connection holds a secret; docs/channels.md has the commands that make them.
  channels = {
    everyone = { type = "chat", channel_id = "C0123456789", workspace_id = "T0123456789", changes = ["digest"] }
    on_call  = { type = "pagerduty", connection_arn = var.connection_arns.pagerduty, severities = ["critical", "high"] }
    platform = { type = "slack", connection_arn = var.connection_arns.slack, channel_id = "C9876543210", owners = ["platform-*"] }
    data     = { type = "teams", connection_arn = var.connection_arns.teams, url = "https://default0.environment.api.powerplatform.com/powerautomate/automations/direct/workflows/0/triggers/manual/paths/invoke?api-version=1", owners = ["data-team"] }
    service  = { type = "jsm", connection_arn = var.connection_arns.jsm, accounts = ["123456789012"] }
    siem     = { type = "webhook", url = "https://siem.example.com/events" }
  }
  # The other way: Terraform makes the connection, and its state holds the secret.
  channel_secrets = { siem = var.siem_secret }
  metrics         = "logs"

  permissions_boundary_arn = var.permissions_boundary_arn
  kms_key_arn              = var.kms_key_arn

  # Set false in regions that lack the service.
  recursion_config_enabled = true
  scheduler_enabled        = true
}

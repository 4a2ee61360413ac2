module "names" {
  source = "./modules/names"

  channels = keys(var.channels)
  suffix   = var.suffix
}

locals {
  names = merge(module.names.names, module.names.names_for_channels, {
    log_bucket = coalesce(var.log_bucket_name, module.names.names.log_bucket)
  })

  channel_names = module.names.channels

  account_id = data.aws_caller_identity.current.account_id
  partition  = data.aws_partition.current.partition
  region     = data.aws_region.current.id

  # Writers are named in the policies of what they write to; ARNs built from names break the dependency cycle.
  arns = {
    dead_letter_queue = "arn:${local.partition}:sqs:${local.region}:${local.account_id}:${local.names.dead_letter_queue}"
    alarms = [
      for name in concat(
        [local.names.alarm],
        var.health_alarms_enabled ? [local.names.dead_letters_alarm, local.names.unwritten_records_alarm] : [],
        local.sweeps_are_watched ? [local.names.no_sweep_alarm] : [],
        var.health_alarms_enabled && local.has_channels ? [local.names.channels_dead_letters_alarm] : [],
        var.health_alarms_enabled && length(local.machine_channels) > 0 ? [local.names.channels_failed_alarm] : [],
      ) :
      "arn:${local.partition}:cloudwatch:${local.region}:${local.account_id}:alarm:${name}"
    ]
    delay_queue       = "arn:${local.partition}:sqs:${local.region}:${local.account_id}:${local.names.delay_queue}"
    event_bus         = "arn:${local.partition}:events:${local.region}:${local.account_id}:event-bus/default"
    event_queue       = "arn:${local.partition}:sqs:${local.region}:${local.account_id}:${local.names.event_queue}"
    role              = "arn:${local.partition}:iam::${local.account_id}:role/${local.names.role}"
    schedule_group    = "arn:${local.partition}:scheduler:${local.region}:${local.account_id}:schedule-group/default"
    state_change_rule = "arn:${local.partition}:events:${local.region}:${local.account_id}:rule/${local.names.state_change_rule}"
    sweep_rule        = "arn:${local.partition}:events:${local.region}:${local.account_id}:rule/${local.names.sweep_rule}"
    tag_change_rule   = "arn:${local.partition}:events:${local.region}:${local.account_id}:rule/${local.names.tag_change_rule}"
  }
}

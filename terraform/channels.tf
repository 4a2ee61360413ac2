# Where violations are told beside the alert topic: docs/channels.md. Without channels, nothing here exists.
module "channel_settings" {
  source = "./modules/channel-settings"

  account_id = local.account_id
  channels   = var.channels
  owner_keys = {
    for name in toset(flatten([for owner in values(var.owners) : tolist(owner.channels)])) :
    name => [for key, owner in var.owners : key if contains(owner.channels, name)]
  }
  region        = local.region
  secret_faults = local.secret_faults
  secret_names  = local.secret_names
  suffix        = var.suffix
}

locals {
  # Only once they are known to be right.
  channels = module.channel_settings.channels

  has_channels = length(var.channels) > 0

  # Names are no secret, and for_each needs them.
  secret_names = nonsensitive(toset(keys(var.channel_secrets)))

  # Of a secret alone, which is not one with what goes around it.
  secret_pattern         = "^[!-~](?:[ -~]{0,498}[!-~])?$"
  wrapped_secret_pattern = "^(?i:Bearer xox|GenieKey )|^https?://|sig="

  # What each that is wrong must be.
  secret_faults = nonsensitive({
    for name, secret in var.channel_secrets : name => (
      can(regex(local.secret_pattern, secret)) ? "the secret alone, without Bearer or GenieKey before it, and without the URL around it" : "1 to 500 characters of ASCII, without blanks around them"
    )
    if !can(regex(local.secret_pattern, secret)) || can(regex(local.wrapped_secret_pattern, secret))
  })

  chat_channels    = { for name, channel in local.channels : name => channel if channel.type == "chat" }
  machine_channels = { for name, channel in local.channels : name => channel if contains(["jsm", "pagerduty", "slack"], channel.type) }

  # By a connection that exists, or one that is made here.
  connection_arns = {
    for name, channel in local.channels : name => contains(local.secret_names, name) ? module.channel_connection[name].connection_arn : channel.connection_arn
    if channel.type != "chat"
  }

  # From names, as those in names.tf.
  channel_rule_arns  = { for name, rule in local.channel_names : name => "arn:${local.partition}:events:${local.region}:${local.account_id}:rule/${rule}" }
  channels_queue_arn = "arn:${local.partition}:sqs:${local.region}:${local.account_id}:${local.names.channels_dead_letter_queue}"

  # Half of what Teams takes, so that its limit is not met at a second's turn; a webhook is told of each instance.
  channel_rate_limits = { teams = 2, webhook = 50 }
}

module "channel_connection" {
  source   = "./modules/channel-connection"
  for_each = setintersection(local.secret_names, keys(local.channels))

  connection_name = local.channel_names[each.value]
  secret          = var.channel_secrets[each.value]
  type            = local.channels[each.value].type
}

module "channels_dead_letter_queue" {
  source = "./modules/dead-letter-queue"
  count  = local.has_channels ? 1 : 0

  kms_key_arn = var.kms_key_arn
  queue_arn   = local.channels_queue_arn
  queue_name  = local.names.channels_dead_letter_queue
  rule_arns   = values(local.channel_rule_arns)
  tags        = local.tags
}

module "channel_machine" {
  source = "./modules/channel-machine"
  count  = length(local.machine_channels) > 0 ? 1 : 0

  account_id = local.account_id
  channels = {
    for name, channel in local.machine_channels : name => {
      channel_id     = channel.channel_id
      connection_arn = local.connection_arns[name]
      endpoint       = channel.url
      type           = channel.type
    }
  }
  kms_key_arn              = var.kms_key_arn
  machine_name             = local.names.channels_machine
  permissions_boundary_arn = var.permissions_boundary_arn
  role_name                = local.names.channels_machine_role
  state_table = {
    arn  = module.state_table.table.arn
    name = module.state_table.table.name
  }
  tags = local.tags
}

module "channel_chat" {
  source   = "./modules/channel-chat"
  for_each = local.chat_channels

  account_id               = local.account_id
  channel_id               = each.value.channel_id
  channel_name             = local.channel_names[each.key]
  kms_key_arn              = var.kms_key_arn
  partition                = local.partition
  permissions_boundary_arn = var.permissions_boundary_arn
  rule_arn                 = local.channel_rule_arns[each.key]
  tags                     = local.tags
  team_id                  = each.value.team_id
  tenant_id                = each.value.tenant_id
  workspace_id             = each.value.workspace_id
}

module "channel" {
  source   = "./modules/channel"
  for_each = local.channels

  account_id            = local.account_id
  channel_name          = local.channel_names[each.key]
  dead_letter_queue_arn = module.channels_dead_letter_queue[0].queue.arn
  description           = "Tells the ${each.value.type} channel ${each.key} of violations."
  endpoint = contains(keys(local.channel_rate_limits), each.value.type) ? {
    connection_arn        = local.connection_arns[each.key]
    rate_limit_per_second = local.channel_rate_limits[each.value.type]
    url                   = each.value.url
  } : null
  event_pattern = module.channel_settings.event_patterns[each.key]
  input_path    = contains(["chat", "teams"], each.value.type) ? "$.detail.${each.value.type}" : null
  # EventBridge escapes nothing in a template, so the channel is written out, and the event goes in as a whole.
  input_template           = contains(keys(local.machine_channels), each.key) ? "{\"channel\": ${jsonencode(module.channel_machine[0].inputs[each.key])}, \"event\": <aws.events.event.json>}" : null
  permissions_boundary_arn = var.permissions_boundary_arn
  rule_arn                 = local.channel_rule_arns[each.key]
  tags                     = local.tags
  target = (
    each.value.type == "chat" ? { arn = module.channel_chat[each.key].topic.arn, resource = "topic" } :
    contains(keys(local.machine_channels), each.key) ? { arn = module.channel_machine[0].state_machine.arn, resource = "state-machine" } : null
  )
}

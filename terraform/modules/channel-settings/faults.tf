locals {
  # Names of rules, roles, API destinations and connections have at most 64 characters; the suffix has up to 36.
  name_pattern = "^[a-z][a-z0-9_]{0,18}$"

  # What EventBridge accepts as an endpoint, without user information, fragment and the star that stands for a path parameter.
  url_pattern = "^https://[A-Za-z0-9.-]+(?::[0-9]{1,5})?(?:[/?](?:%[0-9A-Fa-f]{2}|[-()_.!~';/?:@&=+$,A-Za-z0-9])*)?$"

  # Of 2,048, and of 30 rules a bus: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-quota.html
  most_pattern_chars  = 2048
  most_wildcard_rules = 30

  uuid = "^[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}$"

  # By type and field. Teams: https://docs.aws.amazon.com/chatbot/latest/APIReference/API_CreateMicrosoftTeamsChannelConfiguration.html
  ids = {
    slack = { channel_id = { pattern = "^[CG][A-Z0-9]{2,254}$", meaning = "the ID of a Slack channel, such as C0123456789" } }
    chat = {
      slack = {
        channel_id   = { pattern = "^[CG][A-Z0-9]{2,254}$", meaning = "the ID of a Slack channel, such as C0123456789" }
        workspace_id = { pattern = "^[A-Z0-9]{3,255}$", meaning = "the ID of a Slack workspace, such as T0123456789" }
      }
      teams = {
        channel_id = { pattern = "^[a-zA-Z0-9_=+/.,-]*%3[aA][a-zA-Z0-9_=+/.,-]*%40[a-zA-Z0-9_=+/.,-]*$", meaning = "the ID of a Teams channel as its link has it, such as 19%3ab6ef35dc%40thread.tacv2" }
        team_id    = { pattern = local.uuid, meaning = "the ID of a team, a UUID" }
        tenant_id  = { pattern = local.uuid, meaning = "the ID of a Microsoft tenant, a UUID" }
      }
    }
  }

  # The IDs that each channel is to have; those of a chat depend on where it is.
  wanted_ids = {
    for name, channel in local.known : name => (
      channel.type == "slack" ? jsonencode(local.ids.slack) :
      channel.type != "chat" || channel.workspace_id == null && channel.team_id == null ? jsonencode({}) :
      channel.workspace_id != null ? jsonencode(local.ids.chat.slack) : jsonencode(local.ids.chat.teams)
    )
  }

  # What is wrong with the channels, in words.
  faults = concat(
    [
      for name in keys(var.channels) : "channels has the name ${jsonencode(name)}; it must be 1 to 19 lowercase letters, digits and underscores, and begin with a letter (names of rules and roles have at most 64 characters)."
      if !can(regex(local.name_pattern, name))
    ],
    [
      for name, channel in var.channels : "channels[${jsonencode(name)}].type is ${jsonencode(channel.type)}; it must be webhook, teams, chat, slack, pagerduty or jsm."
      if !contains(keys(local.types), channel.type)
    ],
    flatten([
      for name, channel in local.known : [
        for field in channel.needs : "channels[${jsonencode(name)}].${field} is null; a ${channel.type} channel needs it."
        if channel[field] == null
      ]
    ]),
    flatten([
      for name, channel in local.known : [
        for field in local.special_fields : "channels[${jsonencode(name)}].${field} is set; a ${channel.type} channel has no ${field}: remove it."
        if channel[field] != null && !contains(concat(channel.needs, channel.takes), field)
      ]
    ]),
    [
      for name, channel in local.known : "channels[${jsonencode(name)}] has ${join(" and ", [for field in ["workspace_id", "team_id", "tenant_id"] : field if channel[field] != null])}; a chat channel must have either workspace_id, for Slack, or team_id and tenant_id, for Teams."
      if channel.type == "chat" && (channel.workspace_id != null ? channel.team_id != null || channel.tenant_id != null : (channel.team_id == null) != (channel.tenant_id == null))
    ],
    [
      for name, channel in local.known : "channels[${jsonencode(name)}] has no workspace_id and no team_id; a chat channel must have either workspace_id, for Slack, or team_id and tenant_id, for Teams."
      if channel.type == "chat" && channel.workspace_id == null && channel.team_id == null && channel.tenant_id == null
    ],
    flatten([
      for name, channel in local.known : [
        for field, id in jsondecode(local.wanted_ids[name]) : "channels[${jsonencode(name)}].${field} is ${jsonencode(channel[field])}; it must be ${id.meaning}."
        if channel[field] != null && !can(regex(id.pattern, channel[field]))
      ]
    ]),
    [
      for place, names in local.chats_by_place : "channels has the chat channels ${join(", ", [for name in names : jsonencode(name)])} in ${place}; there can be one. Give the others the type ${startswith(place, "the team") ? "teams" : "slack"}."
      if length(names) > 1
    ],
    [
      for name in var.secret_names : "channel_secrets has a secret for ${jsonencode(name)}, which is not in channels."
      if !contains(keys(var.channels), name)
    ],
    [for name, wanted in var.secret_faults : "channel_secrets[${jsonencode(name)}] must be ${wanted}."],
    [
      for name, channel in local.known : "channel_secrets has a secret for ${jsonencode(name)}; a chat channel has none: remove it."
      if channel.type == "chat" && contains(var.secret_names, name)
    ],
    [
      for name, channel in local.known : "channels[${jsonencode(name)}].connection_arn is ${channel.connection_arn == null ? "null, and channel_secrets has no secret for it" : "set, and channel_secrets has a secret for it too"}; a ${channel.type} channel must have one of them."
      if channel.type != "chat" && (channel.connection_arn == null) == !contains(var.secret_names, name)
    ],
    [
      for name, channel in local.known : "channels[${jsonencode(name)}].connection_arn is ${jsonencode(channel.connection_arn)}; it must be the ARN of an EventBridge connection in ${var.region} and the account ${var.account_id}, such as arn:aws:events:${var.region}:${var.account_id}:connection/NAME/ID."
      if contains(channel.takes, "connection_arn") && channel.connection_arn != null && !can(regex("^arn:[^:]+:events:${var.region}:${var.account_id}:connection/[.A-Za-z0-9_-]+/[0-9a-f-]+$", channel.connection_arn))
    ],
    # Neither is shown: both hold a secret.
    [
      for name, channel in local.known : "channels[${jsonencode(name)}].url has a parameter sig, which is the secret of a Teams workflow; remove it from url, and put its value into the connection."
      if can(regex("(?i)[?&]sig=", channel.url))
    ],
    [
      for name, channel in local.known : "channels[${jsonencode(name)}].url has a user name or a password; remove them, and put them into the connection."
      if can(regex("^[a-z]+://[^/?#]*@", channel.url))
    ],
    [
      for name, channel in local.known : "channels[${jsonencode(name)}].url is ${jsonencode(channel.url)}; it must begin with https://, have a host, no fragment and no *, and at most 2048 characters."
      if channel.url != null && !can(regex("(?i)[?&]sig=|^[a-z]+://[^/?#]*@", channel.url)) && try(!can(regex(local.url_pattern, channel.url)) || length(channel.url) > 2048, false)
    ],
    # The path of one alert is appended.
    [
      for name, channel in local.known : "channels[${jsonencode(name)}].url is ${jsonencode(channel.url)}; for a ${channel.type} channel it must have no query, and no slash at its end."
      if contains(["jsm", "pagerduty"], channel.type) && can(regex(local.url_pattern, channel.url)) && can(regex("[?]|/$", channel.url))
    ],
    [
      for list in local.filter_lists : "channels[${jsonencode(list.name)}].${list.field} is empty; leave it out to filter nothing."
      if try(length(list.values) == 0, false)
    ],
    flatten([
      for list in local.filter_lists : [
        for value in coalesce(list.values, []) : "channels[${jsonencode(list.name)}].${list.field} has ${jsonencode(value)}; each must be ${list.meaning}."
        if !can(regex(list.pattern, value)) || strcontains(value, "**")
      ]
    ]),
    [
      for name, pattern in local.event_patterns : "channels[${jsonencode(name)}] makes an event pattern of ${length(pattern)} characters; EventBridge takes ${local.most_pattern_chars}. Name fewer owners or accounts, or make two channels of it."
      if length(pattern) > local.most_pattern_chars
    ],
    [
      for names in [[for name, patterns in local.owner_patterns : name if strcontains(jsonencode(patterns), "{\"wildcard\":")]] : "channels has ${length(names)} channels with a * within a name of owners; EventBridge takes ${local.most_wildcard_rules} such rules. Use names that only begin or end with *."
      if length(names) > local.most_wildcard_rules
    ],
    [
      for name in keys(var.owner_keys) : "owners names the channel ${jsonencode(name)}, which is not in channels."
      if !contains(keys(var.channels), name)
    ],
  )

  # Amazon Q Developer takes a Slack channel once an account. Of Teams, the provider finds a configuration by its team alone, and
  # fails if there are two.
  chats_by_place = {
    for name, channel in local.known :
    channel.workspace_id != null ? "the Slack channel ${jsonencode(channel.channel_id)} of the workspace ${jsonencode(channel.workspace_id)}" : "the team ${jsonencode(lower(channel.team_id))}" => name...
    if channel.type == "chat" && (channel.team_id != null || channel.workspace_id != null)
  }

  filter_lists = flatten([
    for name, channel in local.known : [
      { name = name, field = "accounts", values = channel.accounts, pattern = "^[0-9]{12}$", meaning = "an account ID of 12 digits" },
      { name = name, field = "changes", values = contains(channel.takes, "changes") ? channel.changes : null, pattern = "^(?:${join("|", local.changes[channel.delivers])})$", meaning = "one of ${join(", ", local.changes[channel.delivers])}" },
      { name = name, field = "owners", values = channel.owners, pattern = "^[^*]|^\\*.", meaning = "the value of an owner tag, or a pattern with *, but neither * alone nor **" },
      { name = name, field = "severities", values = channel.severities, pattern = "^(?:${join("|", local.severities)})$", meaning = "one of ${join(", ", local.severities)}" },
    ]
  ])
}

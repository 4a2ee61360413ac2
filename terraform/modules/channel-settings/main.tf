locals {
  # What each type needs, what it may have, and which events it delivers. Violation events are for machines, notifications for people.
  types = {
    chat      = { needs = ["channel_id"], takes = ["changes", "team_id", "tenant_id", "workspace_id"], delivers = "notification" }
    jsm       = { needs = [], takes = ["connection_arn", "url"], delivers = "violation" }
    pagerduty = { needs = [], takes = ["connection_arn", "url"], delivers = "violation" }
    slack     = { needs = ["channel_id"], takes = ["changes", "connection_arn"], delivers = "notification" }
    teams     = { needs = ["url"], takes = ["changes", "connection_arn"], delivers = "notification" }
    webhook   = { needs = ["url"], takes = ["changes", "connection_arn"], delivers = "violation" }
  }

  # The fields that not every type has.
  special_fields = ["changes", "channel_id", "connection_arn", "team_id", "tenant_id", "url", "workspace_id"]

  detail_types = {
    notification = ["Tag Compliance Notification"]
    violation    = ["Tag Compliance Violation Changed", "Tag Compliance Violation Opened", "Tag Compliance Violation Resolved"]
  }

  changes = {
    notification = ["opened", "changed", "still-open", "escalated", "resolved", "digest"]
    violation    = ["opened", "changed", "resolved"]
  }

  severities = ["critical", "high", "medium", "low"]

  # Channels of a known type: what is wrong with a type is said once.
  known = { for name, channel in var.channels : name => merge(local.types[channel.type], channel) if contains(keys(local.types), channel.type) }

  # A prefix or a suffix costs less than a wildcard, of which EventBridge allows few.
  owner_patterns = {
    for name, channel in var.channels : name => [
      for owner in sort(coalesce(channel.owners, [])) : jsondecode(
        !strcontains(owner, "*") ? jsonencode(owner) :
        !strcontains(trimsuffix(owner, "*"), "*") ? jsonencode({ prefix = trimsuffix(owner, "*") }) :
        !strcontains(trimprefix(owner, "*"), "*") ? jsonencode({ suffix = trimprefix(owner, "*") }) :
        jsonencode({ wildcard = replace(owner, "\\", "\\\\") })
      )
    ]
  }

  # A message about several owners passes if one of them does: of an array, one element has to match
  # (https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-event-patterns-arrays.html).
  filters = {
    for name, channel in local.known : name => {
      for field, values in {
        accountId    = sort(coalesce(channel.accounts, []))
        changes      = sort(coalesce(channel.changes, []))
        ownerPattern = sort(lookup(var.owner_keys, name, []))
        owners       = local.owner_patterns[name]
        severity     = sort(coalesce(channel.severities, []))
      } : field => values if length(values) > 0
    }
  }

  # A test reaches every channel. What closes incidents hears of each that is resolved: one may have been opened before its owner
  # or severity left the filter, and closing what is not open does nothing.
  alternatives = {
    for name, filter in local.filters : name => concat(
      [{ changes = ["test"] }],
      [filter],
      [
        for type in ["jsm", "pagerduty"] : merge({ changes = ["resolved"] }, { for field, values in filter : field => values if field == "accountId" })
        if local.known[name].type == type && length(setsubtract(keys(filter), ["accountId"])) > 0
      ],
    )
    if length(filter) > 0
  }

  event_patterns = {
    for name, channel in local.known : name => jsonencode({
      source      = ["tag-compliance"]
      detail-type = local.detail_types[channel.delivers]
      detail = {
        for field, values in { environment = [var.suffix], "$or" = lookup(local.alternatives, name, []) } :
        field => values if length(values) > 0
      }
    })
  }
}

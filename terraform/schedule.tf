locals {
  # What each field of a cron expression takes, in the words of EventBridge. Scheduler and rules say the same.
  cron_values = {
    minutes = "[0-5]?[0-9]"
    hours   = "(?:[01]?[0-9]|2[0-3])"
    days    = "(?:0?[1-9]|[12][0-9]|3[01])"
    months  = "(?:0?[1-9]|1[0-2]|JAN|FEB|MAR|APR|MAY|JUN|JUL|AUG|SEP|OCT|NOV|DEC)"
    weekday = "(?:[1-7]|SUN|MON|TUE|WED|THU|FRI|SAT)"
    years   = "(?:19[7-9][0-9]|2[01][0-9]{2})"
  }

  # Lists of values, ranges and steps.
  cron_lists = {
    for field, value in local.cron_values :
    field => replace("ITEM(?:,ITEM)*", "ITEM", "(?:\\*|${value}(?:-${value})?)(?:/[1-9][0-9]*)?")
  }

  cron_days    = "(?:L|${local.cron_values.days}W|${local.cron_lists.days})"
  cron_weekday = "(?:L|${local.cron_values.weekday}(?:L|#[1-5])|${local.cron_lists.weekday})"

  # Of the two fields for days exactly one is "?".
  cron_pattern = join(" ", [
    local.cron_lists.minutes,
    local.cron_lists.hours,
    "(?:${local.cron_days} ${local.cron_lists.months} \\?|\\? ${local.cron_lists.months} ${local.cron_weekday})",
    local.cron_lists.years,
  ])

  schedule_pattern = "^(?:rate\\((?:1 (?:minute|hour|day)|(?:[2-9]|[1-9][0-9]+) (?:minute|hour|day)s)\\)|cron\\(${local.cron_pattern}\\))$"
}

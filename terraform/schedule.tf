locals {
  # What EventBridge accepts in each field of a cron expression; Scheduler and rules agree.
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

  # Exactly one of the two day fields is "?".
  cron_pattern = join(" ", [
    local.cron_lists.minutes,
    local.cron_lists.hours,
    "(?:${local.cron_days} ${local.cron_lists.months} \\?|\\? ${local.cron_lists.months} ${local.cron_weekday})",
    local.cron_lists.years,
  ])

  schedule_pattern = "^(?:rate\\((?:1 (?:minute|hour|day)|(?:[2-9]|[1-9][0-9]+) (?:minute|hour|day)s)\\)|cron\\(${local.cron_pattern}\\))$"
}

# How far apart sweeps can be; unknown for a schedule that ends or skips months.
locals {
  rate_parts = try(regex("^rate\\(([0-9]+) (minute|hour|day)", var.sweep_schedule), null)
  cron_parts = try(zipmap(["minutes", "hours", "days", "months", "weekday", "years"], split(" ", trimsuffix(trimprefix(var.sweep_schedule, "cron("), ")"))), {})

  cron_names = {
    JAN = 1, FEB = 2, MAR = 3, APR = 4, MAY = 5, JUN = 6, JUL = 7, AUG = 8, SEP = 9, OCT = 10, NOV = 11, DEC = 12
    SUN = 1, MON = 2, TUE = 3, WED = 4, THU = 5, FRI = 6, SAT = 7
  }

  cron_bounds = { hours = [0, 23], days = [1, 31], months = [1, 12], weekday = [1, 7] }

  # The parts of each field; null for "?", and for days that come once a month, such as L and FRI#2.
  cron_fields = {
    for field, bounds in local.cron_bounds : field => try([
      for part in split(",", replace(local.cron_parts[field], "*", join("-", bounds))) : {
        for name, text in regex("^(?P<first>[0-9A-Z]+)(?:-(?P<last>[0-9A-Z]+))?(?:/(?P<step>[0-9]+))?$", part) :
        name => text == null ? null : try(local.cron_names[text], tonumber(text))
      }
    ], null)
  }

  # The numbers that a field stands for, in order. FRI-MON begins in one week and ends in the next.
  cron_numbers = {
    for field, bounds in local.cron_bounds : field => try([
      for number in range(bounds[0], bounds[1] + 1) : number
      if anytrue(flatten([
        for part in local.cron_fields[field] : [
          for turn in [number, number + bounds[1] - bounds[0] + 1] : contains(range(
            part.first,
            1 + (part.last == null ? (part.step == null ? part.first : bounds[1]) : part.last + (part.last < part.first ? bounds[1] - bounds[0] + 1 : 0)),
            coalesce(part.step, 1),
          ), turn)
        ]
      ]))
    ], null)
  }

  # In weeks of seven days, or in months of each length.
  cron_day_gaps = flatten([
    for cycle in local.cron_numbers.weekday != null ? [7] : range(28, 32) : [
      for days in [[for day in coalesce(local.cron_numbers.weekday, local.cron_numbers.days, []) : day if day <= cycle]] : [
        for index, day in days : index + 1 < length(days) ? days[index + 1] - day : cycle + days[0] - day
      ]
    ]
  ])

  cron_hours = coalesce(local.cron_numbers.hours, [])

  sweep_interval_hours = try(
    local.rate_parts[0] * { minute = 1, hour = 60, day = 24 * 60 }[local.rate_parts[1]] / 60,
    length(local.cron_numbers.months) == 12 && local.cron_parts.years == "*" ? max(concat(
      [for index, hour in local.cron_hours : hour - local.cron_hours[index - 1] if index > 0],
      [24 * max(local.cron_day_gaps...) - max(local.cron_hours...) + min(local.cron_hours...)],
    )...) : null,
    null,
  )

  # The alarm on missing sweeps looks back twice the interval, and a week at most.
  sweeps_are_watched = var.health_alarms_enabled && try(local.sweep_interval_hours <= 72, false)
}

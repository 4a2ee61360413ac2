# These fit any environment, with or without a sweep and a dashboard. Remove them once they are applied.
moved {
  from = module.alerts
  to   = module.tag_compliance.module.alerts
}

moved {
  from = module.audit_log
  to   = module.tag_compliance.module.audit_log
}

moved {
  from = module.checker
  to   = module.tag_compliance.module.checker
}

moved {
  from = module.dead_letter_queue
  to   = module.tag_compliance.module.dead_letter_queue
}

moved {
  from = module.delay_queue
  to   = module.tag_compliance.module.delay_queue
}

moved {
  from = module.event_queue
  to   = module.tag_compliance.module.event_queue
}

moved {
  from = module.events
  to   = module.tag_compliance.module.events
}

moved {
  from = module.observability
  to   = module.tag_compliance.module.observability
}

moved {
  from = module.state_table
  to   = module.tag_compliance.module.state_table
}

moved {
  from = module.sweep
  to   = module.tag_compliance.module.sweep
}

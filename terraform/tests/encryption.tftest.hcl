mock_provider "aws" {
  source = "./tests/mocks"
}

variables {
  lambda_zip_path = "tests/fixtures/bootstrap.zip"
  suffix          = "qa42"
}

run "without_a_key" {
  assert {
    condition     = module.checker.log_group.kms_key_id == null && !one(module.audit_log.encryption.rule).bucket_key_enabled && !one(module.state_table.table.server_side_encryption).enabled
    error_message = "Something uses a key although there is none."
  }

  assert {
    condition     = !strcontains(module.checker.role_policy.policy, "kms:") && !strcontains(module.sweep[0].role_policy.policy, "kms:")
    error_message = "A role may use a key although there is none."
  }
}

run "with_a_key" {
  variables {
    event_delivery = "queue"
    kms_key_arn    = "arn:aws-cn:kms:cn-north-1:123456789012:key/mrk-1234abcd"
  }

  assert {
    condition = one(one(module.audit_log.encryption.rule).apply_server_side_encryption_by_default) == {
      sse_algorithm     = "aws:kms"
      kms_master_key_id = "arn:aws-cn:kms:cn-north-1:123456789012:key/mrk-1234abcd"
    } && one(module.audit_log.encryption.rule).bucket_key_enabled
    error_message = "The bucket is not encrypted by the key."
  }

  assert {
    condition = toset(["arn:aws-cn:kms:cn-north-1:123456789012:key/mrk-1234abcd"]) == toset([
      module.alerts.topic.kms_master_key_id,
      module.checker.log_group.kms_key_id,
      module.dead_letter_queue.queue.kms_master_key_id,
      module.delay_queue.queue.kms_master_key_id,
      module.event_queue.queue.kms_master_key_id,
      one(module.state_table.table.server_side_encryption).enabled ? one(module.state_table.table.server_side_encryption).kms_key_arn : null,
    ])
    error_message = "The topic, a queue, the table or the log group is not encrypted by the key."
  }

  assert {
    condition = alltrue([
      for policy in [module.checker.role_policy.policy, module.sweep[0].role_policy.policy] :
      jsonencode([for statement in jsondecode(policy).Statement : statement if statement.Sid == "UseKey"]) == jsonencode([{
        Sid      = "UseKey"
        Effect   = "Allow"
        Action   = ["kms:Decrypt", "kms:GenerateDataKey"]
        Resource = "arn:aws-cn:kms:cn-north-1:123456789012:key/mrk-1234abcd"
      }])
    ])
    error_message = "A role may not use the key, or more: ${module.checker.role_policy.policy}"
  }
}

run "retention" {
  command = plan

  variables {
    audit_log_retention_days = 365
    log_retention_days       = 3653
  }

  assert {
    condition     = one(one(module.audit_log.lifecycle.rule).expiration).days == 365 && module.checker.log_group.retention_in_days == 3653
    error_message = "A variable of retention is not used."
  }
}

run "alert_tags" {
  variables {
    alert_tags = "policy"
  }

  assert {
    condition     = module.checker.function.environment[0].variables["ALERT_TAGS"] == "policy"
    error_message = "alert_tags does not reach the function."
  }
}

run "refused" {
  command = plan

  variables {
    alert_tags               = "none"
    audit_log_retention_days = 0.5
    kms_key_arn              = "arn:aws-cn:kms:cn-north-1:123456789012:alias/key"
    log_retention_days       = 8
  }

  expect_failures = [var.alert_tags, var.audit_log_retention_days, var.kms_key_arn, var.log_retention_days]
}

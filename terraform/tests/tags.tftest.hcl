# The tags of our own resources. scripts/dev/tests/test_terraform.py tests that each resource has them, with the runs everything and everything_else.

mock_provider "aws" {
  source = "./tests/mocks"
}

variables {
  lambda_zip_path = "tests/fixtures/bootstrap.zip"
  suffix          = "qa42"
}

run "fallback" {
  command = plan

  assert {
    condition     = module.checker.function.tags == tomap({ Environment = "dev", Owner = "platform-team", Application = "ec2-tag-compliance" })
    error_message = "Tags without any default_tags: ${jsonencode(module.checker.function.tags)}"
  }
}

# IAM treats Owner and owner as one key, and rejects both together.
run "fallback_gives_way_to_default_tags" {
  command = plan

  override_data {
    target = data.aws_default_tags.current
    values = { tags = { Environment = "prod", owner = "web-team", CostCenter = "1234" } }
  }

  variables {
    tag_policy = { required_tags = [{ key = "Environment", allowed_values = ["prod"] }, { key = "Owner", ignore_key_case = true }, { key = "CostCenter" }] }
  }

  assert {
    condition     = module.checker.function.tags == tomap({ Application = "ec2-tag-compliance" })
    error_message = "Tags beside default_tags: ${jsonencode(module.checker.function.tags)}"
  }
}

run "nothing_is_added_to_default_tags_that_have_all" {
  command = plan

  override_data {
    target = data.aws_default_tags.current
    values = { tags = { Environment = "prod", Owner = "web-team", Application = "web" } }
  }

  assert {
    condition     = length(module.checker.function.tags) == 0
    error_message = "Tags beside default_tags: ${jsonencode(module.checker.function.tags)}"
  }
}

run "own_tags_are_taken_as_they_are" {
  command = plan

  override_data {
    target = data.aws_default_tags.current
    values = { tags = { Environment = "prod", Owner = "web-team" } }
  }

  variables {
    tags = { Owner = "platform", Application = "x" }
  }

  assert {
    condition     = module.checker.function.tags == tomap({ Owner = "platform", Application = "x" })
    error_message = "Tags: ${jsonencode(module.checker.function.tags)}"
  }
}

# own_tags.tftest.hcl tests what becomes of them.
run "the_policy_sees_both" {
  command = plan

  override_data {
    target = data.aws_default_tags.current
    values = { tags = { Environment = "prod", Owner = "web-team" } }
  }

  variables {
    tags = { Environment = "staging", Application = "x" }
  }

  assert {
    condition     = local.all_tags == tomap({ Environment = "staging", Owner = "web-team", Application = "x" })
    error_message = "The policy is checked against: ${jsonencode(local.all_tags)}"
  }
}

run "everything" {
  command = plan

  variables {
    alert_emails              = ["team@example.com"]
    event_delivery            = "queue"
    event_queue_drain_seconds = 0
    channel_secrets           = { service = "secret" }
    channels = {
      everyone = { type = "chat", channel_id = "C0123456789", workspace_id = "T0123456789" }
      lobby    = { type = "chat", channel_id = "19%3ab6ef35dc%40thread.tacv2", team_id = "12345678-0000-4000-8000-000000000001", tenant_id = "12345678-0000-4000-8000-000000000002" }
      service  = { type = "jsm" }
      siem     = { type = "webhook", url = "https://siem.example.com/events", connection_arn = "arn:aws-cn:events:cn-north-1:123456789012:connection/siem/12345678-0000-4000-8000-000000000007" }
    }
    metrics = "logs"
  }

  assert {
    condition     = length(module.sweep) == 1 && module.observability.dashboard != null
    error_message = "Something is left out."
  }
}

# The resources that the run everything leaves out.
run "everything_else" {
  command = plan

  variables {
    scheduler_enabled = false
  }

  assert {
    condition     = module.sweep_rule[0].rule.tags == tomap({ Environment = "dev", Owner = "platform-team", Application = "ec2-tag-compliance" })
    error_message = "Tags of the rule: ${jsonencode(module.sweep_rule[0].rule.tags)}"
  }
}

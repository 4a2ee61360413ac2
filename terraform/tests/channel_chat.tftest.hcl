# scripts/dev/tests/test_terraform.py checks what these plans replace: the provider plans updates that its calls cannot make.

mock_provider "aws" {
  source = "./tests/mocks"
}

variables {
  lambda_zip_path = "tests/fixtures/bootstrap.zip"
  suffix          = "qa42"
  channels = {
    slack = { type = "chat", channel_id = "C0000000001", workspace_id = "T0000000001" }
    teams = { type = "chat", channel_id = "19%3a1%40thread.tacv2", team_id = "12345678-0000-4000-8000-000000000001", tenant_id = "12345678-0000-4000-8000-000000000002" }
  }
}

run "as_before" {
}

run "other_channels" {
  command = plan

  variables {
    channels = {
      slack = { type = "chat", channel_id = "C0000000002", workspace_id = "T0000000001" }
      teams = { type = "chat", channel_id = "19%3a2%40thread.tacv2", team_id = "12345678-0000-4000-8000-000000000001", tenant_id = "12345678-0000-4000-8000-000000000002" }
    }
  }
}

run "other_workspace_and_team" {
  command = plan

  variables {
    channels = {
      slack = { type = "chat", channel_id = "C0000000001", workspace_id = "T0000000002" }
      teams = { type = "chat", channel_id = "19%3a1%40thread.tacv2", team_id = "12345678-0000-4000-8000-000000000009", tenant_id = "12345678-0000-4000-8000-000000000002" }
    }
  }
}

run "other_tenant" {
  command = plan

  variables {
    channels = {
      slack = { type = "chat", channel_id = "C0000000001", workspace_id = "T0000000001", severities = ["high"] }
      teams = { type = "chat", channel_id = "19%3a1%40thread.tacv2", team_id = "12345678-0000-4000-8000-000000000001", tenant_id = "12345678-0000-4000-8000-000000000009" }
    }
  }
}

mock_provider "aws" {
  source = "./tests/mocks"
}

variables {
  lambda_zip_path = "tests/fixtures/bootstrap.zip"
  suffix          = "qa42"
}

run "table" {
  assert {
    condition     = module.state_table.table.hash_key == "pk" && module.state_table.table.range_key == "sk" && module.state_table.table.billing_mode == "PAY_PER_REQUEST"
    error_message = "The key is ${module.state_table.table.hash_key} and ${module.state_table.table.range_key}, paid ${module.state_table.table.billing_mode}."
  }

  assert {
    condition     = { for attribute in module.state_table.table.attribute : attribute.name => attribute.type } == { pk = "S", sk = "S", grp = "S", due = "N" }
    error_message = "The keys are of other types: ${jsonencode(module.state_table.table.attribute)}"
  }

  assert {
    condition     = one(module.state_table.table.ttl).enabled && one(module.state_table.table.ttl).attribute_name == "ttl"
    error_message = "Items do not expire by ttl: ${jsonencode(module.state_table.table.ttl)}"
  }

  assert {
    condition     = jsonencode([for index in module.state_table.table.global_secondary_index : [index.name, index.hash_key, index.range_key, index.projection_type, index.non_key_attributes]]) == jsonencode([["due", "grp", "due", "KEYS_ONLY", null]])
    error_message = "The indexes are: ${jsonencode(module.state_table.table.global_secondary_index)}"
  }

  assert {
    condition     = module.state_table.table.stream_enabled && module.state_table.table.stream_view_type == "NEW_IMAGE"
    error_message = "The stream holds ${module.state_table.table.stream_view_type}."
  }

  # Either would cost money or block a destroy.
  assert {
    condition     = !module.state_table.table.deletion_protection_enabled && !anytrue(module.state_table.table.point_in_time_recovery[*].enabled)
    error_message = "The table is protected from its deletion, or is backed up."
  }
}

run "wake" {
  assert {
    condition     = module.events.state_table_mapping.event_source_arn == module.state_table.table.stream_arn && module.events.state_table_mapping.function_name == module.checker.function.arn && coalesce(module.events.state_table_mapping.enabled, true)
    error_message = "The mapping is off, or between ${module.events.state_table_mapping.event_source_arn} and ${module.events.state_table_mapping.function_name}."
  }

  # Records from before the mapping, or from while it is replaced, are read too.
  assert {
    condition     = module.events.state_table_mapping.starting_position == "TRIM_HORIZON"
    error_message = "The mapping begins at ${module.events.state_table_mapping.starting_position}."
  }

  assert {
    condition     = module.events.state_table_mapping.batch_size == 1000 && module.events.state_table_mapping.maximum_batching_window_in_seconds == 10 && module.events.state_table_mapping.parallelization_factor == 1
    error_message = "Batches have ${module.events.state_table_mapping.batch_size} records of ${module.events.state_table_mapping.maximum_batching_window_in_seconds} s, ${module.events.state_table_mapping.parallelization_factor} at a time."
  }

  assert {
    condition     = module.events.state_table_mapping.bisect_batch_on_function_error && module.events.state_table_mapping.maximum_retry_attempts == -1 && module.events.state_table_mapping.maximum_record_age_in_seconds == -1
    error_message = "A batch that fails is given up, or blocks its shard as a whole."
  }

  assert {
    condition     = length(coalesce(module.events.state_table_mapping.function_response_types, [])) == 0 && length(module.events.state_table_mapping.destination_config) == 0
    error_message = "A batch is answered by halves, or its failures are sent away: what is due is in the table."
  }

  assert {
    condition     = jsonencode([for filter in one(module.events.state_table_mapping.filter_criteria).filter : jsondecode(filter.pattern)]) == jsonencode([{ dynamodb = { NewImage = { due = { N = [{ exists = true }] } } } }])
    error_message = "The function wakes for: ${jsonencode(module.events.state_table_mapping.filter_criteria)}"
  }
}

run "group_wait" {
  command = plan

  variables {
    alert_group_wait_seconds = 300
  }

  assert {
    condition     = module.events.state_table_mapping.maximum_batching_window_in_seconds == 300
    error_message = "alert_group_wait_seconds does not reach the mapping."
  }
}

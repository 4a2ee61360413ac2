locals {
  # The value of the header Authorization, of the types that have their secret there.
  headers = {
    jsm     = "GenieKey ${var.secret}"
    slack   = "Bearer ${var.secret}"
    webhook = var.secret
  }

  # EventBridge demands a key even if the secret is elsewhere. Not Authorization: Teams refuses a call that has it beside sig.
  key = {
    name  = contains(["jsm", "slack", "webhook"], var.type) ? "Authorization" : "x-unused"
    value = lookup(local.headers, var.type, "none")
  }
}

resource "aws_cloudwatch_event_connection" "channel" {
  name               = var.connection_name
  description        = "The secret of a ${var.type} channel."
  authorization_type = "API_KEY"

  auth_parameters {
    api_key {
      key   = local.key.name
      value = local.key.value
    }

    dynamic "invocation_http_parameters" {
      for_each = contains(["pagerduty", "teams"], var.type) ? [var.type] : []

      content {
        dynamic "body" {
          for_each = var.type == "pagerduty" ? ["routing_key"] : []

          content {
            key             = body.value
            value           = var.secret
            is_value_secret = true
          }
        }

        dynamic "query_string" {
          for_each = var.type == "teams" ? ["sig"] : []

          content {
            key             = query_string.value
            value           = var.secret
            is_value_secret = true
          }
        }
      }
    }
  }
}

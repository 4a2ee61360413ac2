# The document that the function reads.

variables {
  own_tags   = { Owner = "platform-team" }
  tag_policy = { required_tags = [{ key = "Owner" }] }
}

run "document_of_everything" {
  command = plan

  module {
    source = "./modules/tag-policy"
  }

  variables {
    tag_policy = {
      required_tags = [
        {
          key               = "Owner"
          allowed_values    = ["platform-team", "web-team"]
          pattern           = "[a-z]+-team"
          min_length        = 3
          max_length        = 64
          ignore_key_case   = false
          ignore_value_case = true
          description       = "Ask \"the\" team."
          severity          = "high"
        },
        {
          key = "Backup"
          when = {
            tags = [
              { key = "Environment", values = ["prod"], ignore_case = true },
              { key = "Tier", pattern = "db.*" },
              { key = "Scratch", absent = true },
              { key = "aws:autoscaling:groupName" },
            ]
            instance_ids        = ["i-12345678", "i-1234567890abcdef0"]
            auto_scaling_groups = ["web"]
            states              = ["pending", "running", "stopping", "stopped"]
            accounts            = ["012345678901"]
            regions             = ["us-east-1", "cn-north-1"]
            min_age_hours       = 0
            max_age_hours       = 24
          }
        },
      ]
      forbidden_tags = [{ key = "owner", description = "Write Owner.", severity = "low", ignore_key_case = false, when = { states = ["running"] } }]
      scope = {
        include = [{ regions = ["us-east-1"] }]
        exclude = [{ tags = [{ key = "Scratch" }] }]
      }
      exemptions = [{ owner = "web-team", reason = "Migration.", expires = "2028-02-29", when = { instance_ids = ["i-12345678"] } }]
      owner_tag  = "Team"
    }
  }

  assert {
    condition = output.json == jsonencode({
      required_tags = [
        {
          key               = "Owner"
          allowed_values    = ["platform-team", "web-team"]
          pattern           = "[a-z]+-team"
          min_length        = 3
          max_length        = 64
          ignore_key_case   = false
          ignore_value_case = true
          description       = "Ask \"the\" team."
          severity          = "high"
        },
        {
          key = "Backup"
          when = {
            tags = [
              { key = "Environment", values = ["prod"], ignore_case = true },
              { key = "Tier", pattern = "db.*" },
              { key = "Scratch", absent = true },
              { key = "aws:autoscaling:groupName" },
            ]
            instance_ids        = ["i-12345678", "i-1234567890abcdef0"]
            auto_scaling_groups = ["web"]
            states              = ["pending", "running", "stopping", "stopped"]
            accounts            = ["012345678901"]
            regions             = ["us-east-1", "cn-north-1"]
            min_age_hours       = 0
            max_age_hours       = 24
          }
        },
      ]
      forbidden_tags = [{ key = "owner", description = "Write Owner.", severity = "low", ignore_key_case = false, when = { states = ["running"] } }]
      scope = {
        include = [{ regions = ["us-east-1"] }]
        exclude = [{ tags = [{ key = "Scratch" }] }]
      }
      exemptions = [{ owner = "web-team", reason = "Migration.", expires = "2028-02-29", when = { instance_ids = ["i-12345678"] } }]
      owner_tag  = "Team"
    })
    error_message = "The document is: ${output.json}"
  }
}

run "document_without_nulls" {
  command = plan

  module {
    source = "./modules/tag-policy"
  }

  variables {
    own_tags = { Owner = "x", "\",\"key\":null" = "\":null" }
    tag_policy = {
      required_tags = [
        { key = "Owner", description = "say \"severity\":null, or ,\"when\":null,", severity = null },
        { key = "\",\"key\":null", allowed_values = ["\":null", ",\"a\":null", "null"] },
        { key = "Other", when = { tags = [{ key = "null", absent = null, values = ["null"] }], states = null } },
      ]
      forbidden_tags = []
      scope          = {}
      exemptions     = null
    }
  }

  assert {
    condition = output.json == jsonencode({
      required_tags = [
        { key = "Owner", description = "say \"severity\":null, or ,\"when\":null," },
        { key = "\",\"key\":null", allowed_values = ["\":null", ",\"a\":null", "null"] },
        { key = "Other", when = { tags = [{ key = "null", values = ["null"] }] } },
      ]
      forbidden_tags = []
      scope          = {}
    })
    error_message = "The document is: ${output.json}"
  }
}

run "accepts_the_largest" {
  command = plan

  module {
    source = "./modules/tag-policy"
  }

  variables {
    tag_policy = {
      required_tags = concat(
        [for i in range(49) : { key = "k${i}", when = { min_age_hours = 0 } }],
        [{
          key            = join("", [for i in range(128) : "ü"])
          allowed_values = [join("", [for i in range(256) : "ü"])]
          pattern        = join("", [for i in range(512) : "."])
          min_length     = 256
          max_length     = 256
          description    = join("", [for i in range(500) : "ü"])
          when           = { max_age_hours = 0 }
        }],
      )
      forbidden_tags = [for i in range(50) : { key = "f${i}" }]
      scope = {
        include = [for i in range(50) : { accounts = [format("%012d", i)] }]
        exclude = [for i in range(50) : { auto_scaling_groups = [format("%0256d", i)] }]
      }
      exemptions = [
        for i in range(500) : { owner = format("%0128d", i), reason = format("%0500d", i), expires = "2024-12-31", when = { states = ["running"] } }
      ]
      owner_tag = format("%0128d", 0)
    }
    own_tags = {}
  }

  assert {
    condition     = length(jsondecode(output.json).exemptions) == 500
    error_message = "Exemptions are missing."
  }
}

run "accepts_near_misses" {
  command = plan

  module {
    source = "./modules/tag-policy"
  }

  variables {
    own_tags = { Owner = "x", owner = "x", awsome = "x" }
    tag_policy = {
      required_tags = [
        { key = "Owner", min_length = 1, pattern = "(?P<named>x)|(unnamed)|/" },
        { key = "owner", max_length = 256 },
        { key = "awsome" },
        { key = "Twice", when = { states = ["running"] } },
        { key = "twice", when = { states = ["stopped"] }, ignore_key_case = true },
        { key = "Sometimes", when = { states = ["running"] } },
      ]
      forbidden_tags = [
        { key = "OWNER" },
        { key = "Sometimes" },
        { key = "awsome", when = { states = ["running"] } },
      ]
      exemptions = []
      scope      = { include = [{ tags = [{ key = "k", pattern = ".", absent = false }] }] }
    }
  }

  assert {
    condition     = length(jsondecode(output.json).required_tags) == 6
    error_message = "Rules are missing."
  }
}

run "document_of_forbidden_tags_alone" {
  command = plan

  module {
    source = "./modules/tag-policy"
  }

  variables {
    tag_policy = { forbidden_tags = [{ key = "Password" }] }
  }

  assert {
    condition     = output.json == "{\"forbidden_tags\":[{\"key\":\"Password\"}]}"
    error_message = "The document: ${output.json}"
  }
}

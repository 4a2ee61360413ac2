"""What operating an environment needs beyond Terraform."""

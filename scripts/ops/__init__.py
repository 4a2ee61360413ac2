"""Tools for operating an environment, beyond Terraform."""

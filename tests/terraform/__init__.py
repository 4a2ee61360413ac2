"""Terraform's variants against a second emulator of AWS."""

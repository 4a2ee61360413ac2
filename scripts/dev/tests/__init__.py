"""Tests of terraform/ and of scripts/dev. Those named slow or long apply Terraform in the stand-in."""

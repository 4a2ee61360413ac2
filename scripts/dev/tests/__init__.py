"""Tests of terraform/ that Terraform cannot do itself; those called slow apply it in the stand-in."""

"""Runs the channels' state machine, as Terraform makes it, in the stand-in against local receivers."""

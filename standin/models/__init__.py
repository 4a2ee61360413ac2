"""Checks requests against AWS's own models of its services, from botocore."""
